// Returns the text that it receives.
package main

import "github.com/aws/aws-lambda-go/lambda"

func echo(text string) (string, error) {
	return text, nil
}

func main() {
	lambda.Start(echo)
}

// A greeting on aws-lambda-go.
package main

import "github.com/aws/aws-lambda-go/lambda"

type request struct {
	Name string `json:"name"`
}

type response struct {
	Message string `json:"message"`
}

func hello(event request) (response, error) {
	return response{Message: "Hello, " + event.Name + "!"}, nil
}

func main() {
	lambda.Start(hello)
}

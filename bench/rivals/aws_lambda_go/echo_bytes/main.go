// Returns the bytes that it receives.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

type echo struct{}

func (echo) Invoke(_ context.Context, event []byte) ([]byte, error) {
	return event, nil
}

func main() {
	lambda.Start(echo{})
}

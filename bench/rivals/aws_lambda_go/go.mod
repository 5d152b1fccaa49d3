// aws-lambda-go, without its old way to be called, and stripped: see bench/src/rivals.rs.
module rival

go 1.18

require github.com/aws/aws-lambda-go v1.55.1

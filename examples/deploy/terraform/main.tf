# A function with a function URL, and the worker of a queue.
#   ../../../build.sh --arch arm64 http sqs_batch && terraform init && terraform apply

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.29"
    }
  }
}

variable "lambda_folder" {
  description = "The folder in which build.sh puts NAME/function.zip"
  type        = string
  default     = "../../../target/lambda"
}

locals {
  functions = {
    http      = { policy = "service-role/AWSLambdaBasicExecutionRole" }
    sqs_batch = { policy = "service-role/AWSLambdaSQSQueueExecutionRole" }
  }
}

data "aws_partition" "current" {}

resource "aws_iam_role" "function" {
  for_each = local.functions

  name_prefix = "tiny-lambda-${each.key}-"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy_attachment" "function" {
  for_each = local.functions

  role       = aws_iam_role.function[each.key].name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/${each.value.policy}"
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = "/aws/lambda/tiny-lambda-${each.key}"
  retention_in_days = 30
}

resource "aws_lambda_function" "function" {
  for_each = local.functions

  function_name = "tiny-lambda-${each.key}"
  role          = aws_iam_role.function[each.key].arn
  runtime       = "provided.al2023"
  handler       = "bootstrap"
  architectures = ["arm64"]
  memory_size   = 128
  timeout       = 10

  filename = "${var.lambda_folder}/${each.key}/function.zip"
  # The value is the code hash that build.sh prints. The same sources give the same zip, so that a build that
  # changed nothing deploys nothing.
  source_code_hash = filebase64sha256("${var.lambda_folder}/${each.key}/function.zip")

  logging_config {
    log_format            = "JSON"
    application_log_level = "INFO"
    system_log_level      = "INFO"
    log_group             = aws_cloudwatch_log_group.function[each.key].name
  }

  depends_on = [aws_iam_role_policy_attachment.function]
}

resource "aws_lambda_function_url" "http" {
  function_name      = aws_lambda_function.function["http"].function_name
  authorization_type = "NONE"
}

# A URL without authorization needs both permissions.
resource "aws_lambda_permission" "url" {
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function.function["http"].function_name
  principal              = "*"
  function_url_auth_type = "NONE"
}

resource "aws_lambda_permission" "invoke_by_url" {
  action                   = "lambda:InvokeFunction"
  function_name            = aws_lambda_function.function["http"].function_name
  principal                = "*"
  invoked_via_function_url = true
}

resource "aws_sqs_queue" "failed_orders" {
  name_prefix               = "failed-orders-"
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "orders" {
  name_prefix = "orders-"
  # Six times the function's timeout, as the Lambda Developer Guide recommends.
  visibility_timeout_seconds = 60
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.failed_orders.arn
    maxReceiveCount     = 5
  })
}

resource "aws_lambda_event_source_mapping" "orders" {
  event_source_arn = aws_sqs_queue.orders.arn
  function_name    = aws_lambda_function.function["sqs_batch"].arn
  # Only the messages that failed are delivered again.
  function_response_types = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = 10
  }
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  for_each = local.functions

  alarm_name          = "tiny-lambda-${each.key}-errors"
  alarm_description   = "An invocation of the function failed."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.function[each.key].function_name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
}

output "url" {
  value = aws_lambda_function_url.http.function_url
}

output "queue" {
  value = aws_sqs_queue.orders.url
}

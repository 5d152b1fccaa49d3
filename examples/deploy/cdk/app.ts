import * as path from 'node:path';
import * as cdk from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sources from 'aws-cdk-lib/aws-lambda-event-sources';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { TinyFunction } from './tiny-function';

const packageFolder = path.resolve(__dirname, '../../..');

const stack = new cdk.Stack(new cdk.App(), 'TinyLambda');

// A web function with an address of its own, examples/http.rs.
const page = new TinyFunction(stack, 'Page', {
  name: 'http',
  packageFolder,
  loggingFormat: lambda.LoggingFormat.JSON,
});
const url = page.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE });
new cdk.CfnOutput(stack, 'PageUrl', { value: url.url });

// A worker that reports the messages that failed, examples/sqs_batch.rs. Only those are delivered again.
const failed = new sqs.Queue(stack, 'FailedOrders', { retentionPeriod: cdk.Duration.days(14) });
const orders = new sqs.Queue(stack, 'Orders', {
  // Six times the function's timeout, as the Lambda Developer Guide recommends.
  visibilityTimeout: cdk.Duration.seconds(60),
  deadLetterQueue: { queue: failed, maxReceiveCount: 5 },
});
const worker = new TinyFunction(stack, 'Worker', {
  name: 'sqs_batch',
  packageFolder,
  loggingFormat: lambda.LoggingFormat.JSON,
  timeout: cdk.Duration.seconds(10),
});
worker.addEventSource(
  new sources.SqsEventSource(orders, { reportBatchItemFailures: true, maxConcurrency: 10 }),
);
worker.metricErrors().createAlarm(stack, 'WorkerErrors', { threshold: 1, evaluationPeriods: 1 });

import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

export interface TinyFunctionProps
  extends Omit<lambda.FunctionProps, 'code' | 'handler' | 'runtime'> {
  /** The name of the binary or of the example. */
  readonly name: string;
  /** The folder with the function's Cargo.toml. */
  readonly packageFolder: string;
  /** build.sh, from that folder. With tiny-lambda in your package: `vendor/tiny-lambda/build.sh`. */
  readonly buildScript?: string;
  /** More options of build.sh, such as `['--profile', 'unwind']`. */
  readonly buildOptions?: string[];
}

/** A Lambda function of tiny-lambda. `cdk synth` and `cdk deploy` build it with build.sh. */
export class TinyFunction extends lambda.Function {
  constructor(scope: Construct, id: string, props: TinyFunctionProps) {
    const { name, packageFolder, buildScript = './build.sh', buildOptions = [], ...rest } = props;
    const architecture = rest.architecture ?? lambda.Architecture.ARM_64;
    const arch = architecture === lambda.Architecture.ARM_64 ? 'arm64' : 'x86_64';
    // One folder for each architecture: a stack may have functions of both. Standard output has the template.
    const target = path.resolve(packageFolder, 'target', 'cdk', arch);
    execFileSync(buildScript, ['--arch', arch, ...buildOptions, name], {
      cwd: packageFolder,
      env: { ...process.env, CARGO_TARGET_DIR: target },
      stdio: ['ignore', process.stderr.fd, 'inherit'],
    });
    super(scope, id, {
      ...rest,
      architecture,
      code: lambda.Code.fromAsset(path.join(target, 'lambda', name, 'function.zip')),
      handler: 'bootstrap',
      runtime: lambda.Runtime.PROVIDED_AL2023,
    });
  }
}

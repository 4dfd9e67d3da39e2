// `examples/twins.rs` for aws-cdk-lib.
'use strict';
const {
  App, Stack, LegacyStackSynthesizer,
  aws_codecommit: codecommit, aws_codepipeline: codepipeline, aws_codepipeline_actions: actions, aws_iam: iam,
} = require('aws-cdk-lib');

const TARGET = '222222222222';

const app = new App({ context: require('./context.json') });
for (const branch of ['main', 'next']) pipeline(stack(`Orders-${branch}`), 'Pipeline', `orders-${branch}`, branch);
const twins = stack('Twins');
for (const name of ['Billing', 'billing']) pipeline(twins, name, name, 'main');
app.synth();

function stack(id) {
  const env = { account: '111111111111', region: 'us-east-1' };
  return new Stack(app, id, { env, synthesizer: new LegacyStackSynthesizer() });
}

/** Deploys a branch of the repository to a stack named after the pipeline. */
function pipeline(scope, id, name, branch) {
  const source = new codepipeline.Artifact('Source');
  const repository = codecommit.Repository.fromRepositoryName(scope, `${id}Repository`, 'orders');
  const checkout = new actions.CodeCommitSourceAction({ actionName: 'Checkout', repository, branch, output: source });
  const deploy = new actions.CloudFormationCreateUpdateStackAction({
    actionName: 'Deploy', stackName: name, templatePath: source.atPath('template.yaml'), adminPermissions: false, account: TARGET,
  });
  new codepipeline.Pipeline(scope, id, {
    pipelineName: name,
    crossAccountKeys: true,
    stages: [{ stageName: 'Source', actions: [checkout] }, { stageName: 'Deploy', actions: [deploy] }],
  });
  const queues = `arn:aws:sqs:us-east-1:${TARGET}:${name}-*`;
  deploy.addToDeploymentRolePolicy(new iam.PolicyStatement({ actions: ['sqs:*'], resources: [queues] }));
}

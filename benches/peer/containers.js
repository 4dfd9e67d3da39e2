// `examples/containers.rs` for aws-cdk-lib.
'use strict';
const {
  App, Stack, LegacyStackSynthesizer,
  aws_codecommit: codecommit, aws_codepipeline: codepipeline, aws_codepipeline_actions: actions, aws_ecs: ecs, Duration,
} = require('aws-cdk-lib');

const app = new App({ context: require('./context.json') });
const env = { account: '111111111111', region: 'us-east-1' };
const stack = new Stack(app, 'Tools', { env, synthesizer: new LegacyStackSynthesizer() });
const source = new codepipeline.Artifact('Source');
const images = new codepipeline.Artifact('Images', ['imagedefinitions.json']);
const image = '111111111111.dkr.ecr.us-east-1.amazonaws.com/shop/orders:#{source.CommitId}';

new codepipeline.Pipeline(stack, 'Pipeline', {
  pipelineName: 'orders',
  pipelineType: codepipeline.PipelineType.V2,
  crossAccountKeys: true,
  stages: [
    {
      stageName: 'Source',
      actions: [new actions.CodeCommitSourceAction({
        actionName: 'Checkout', repository: codecommit.Repository.fromRepositoryName(stack, 'Orders', 'orders'),
        branch: 'main', output: source, variablesNamespace: 'source',
      })],
    },
    {
      stageName: 'Build',
      actions: [
        new actions.EcrBuildAndPublishAction({
          actionName: 'Image', repositoryName: 'shop/orders', imageTags: ['#{source.CommitId}'], input: source,
        }),
        new actions.CommandsAction({
          actionName: 'Images', input: source, output: images, runOrder: 2,
          commands: [`printf '[{"name":"orders","imageUri":"%s"}]' "${image}" > imagedefinitions.json`],
        }),
      ],
    },
    { stageName: 'Test', actions: [deploy('Test', '222222222222')] },
    {
      stageName: 'Production',
      actions: [new actions.ManualApprovalAction({ actionName: 'Approve' }), deploy('Production', '333333333333', 2)],
    },
  ],
});
app.synth();

/** Puts the image into the service of an account. */
function deploy(id, account, runOrder) {
  const arn = `arn:aws:ecs:us-east-1:${account}:service/shop/orders`;
  const service = ecs.BaseService.fromServiceArnWithCluster(stack, id, arn);
  return new actions.EcsDeployAction({
    actionName: 'Deploy', service, input: images, deploymentTimeout: Duration.minutes(20), runOrder,
  });
}

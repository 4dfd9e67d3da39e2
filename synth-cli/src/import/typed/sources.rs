//! Sources.

use construct_pipeline::prelude::*;

use super::super::layout::Chain;
use super::super::words::literal;
use super::{Action, Typed};

/// What the two sources that are Git repositories have in common.
macro_rules! branch_and_format {
    ($self:ident, $provider:ident, $chain:ident) => {
        let branch = $self.take("BranchName")?;
        if branch != "main" {
            call!($provider, $chain.branch(branch.clone() => literal(&branch)));
        }
        match $self.format()? {
            Some(OutputArtifactFormat::CodeBuildCloneRef) => {
                call!($provider, $chain.full_clone());
            }
            Some(format) => {
                call!($provider, $chain.output_artifact_format(format => "OutputArtifactFormat::CodeZip"));
            }
            None => {}
        }
    };
}

impl Action<'_, '_, '_> {
    fn started_elsewhere(chain: Chain, provider: impl Provider) -> Option<Typed> {
        let comment = "What starts the pipeline today goes on doing so; without `no_trigger`, an event rule is made.";
        Some(Typed { comment: Some(comment), ..Self::done(chain, provider)? })
    }

    fn format(&mut self) -> Option<Option<OutputArtifactFormat>> {
        match self.take("OutputArtifactFormat").as_deref() {
            None => Some(None),
            Some("CODE_ZIP") => Some(Some(OutputArtifactFormat::CodeZip)),
            Some("CODEBUILD_CLONE_REF") => Some(Some(OutputArtifactFormat::CodeBuildCloneRef)),
            Some(_) => None,
        }
    }

    pub(super) fn code_commit(&mut self) -> Option<Typed> {
        let (output, artifact) = self.only_output()?;
        let repository = self.take("RepositoryName")?;
        let mut provider = CodeCommitSource::new(repository.clone(), &artifact);
        let name = self.program.text(&repository, "REPOSITORY");
        let mut chain = Chain::new("CodeCommitSource::new", [name, format!("&{output}")]);
        branch_and_format!(self, provider, chain);
        if self.switch("PollForSourceChanges")?? {
            call!(provider, chain.poll());
            return Self::done(chain, provider);
        }
        call!(provider, chain.no_trigger());
        Self::started_elsewhere(chain, provider)
    }

    pub(super) fn connection(&mut self) -> Option<Typed> {
        let (output, artifact) = self.only_output()?;
        let (arn, repository) = (self.take("ConnectionArn")?, self.take("FullRepositoryId")?);
        let mut provider = ConnectionSource::new(arn.clone(), repository.clone(), &artifact);
        let arn = self.program.arn(&arn, "CONNECTION");
        let repository = self.program.text(&repository, "REPOSITORY");
        let mut chain = Chain::new("ConnectionSource::new", [arn, repository, format!("&{output}")]);
        branch_and_format!(self, provider, chain);
        if let Some(detect) = self.switch("DetectChanges")? {
            call!(provider, chain.detect_changes(detect => detect.to_string()));
        }
        Self::done(chain, provider)
    }

    pub(super) fn s3_source(&mut self) -> Option<Typed> {
        let (output, artifact) = self.only_output()?;
        let (name, key) = (self.take("S3Bucket")?, self.take("S3ObjectKey")?);
        let (bucket, handle) = self.bucket(&name);
        let mut provider = S3Source::new(handle, key.clone(), &artifact);
        let key = self.program.text(&key, "OBJECT_KEY");
        let mut chain = Chain::new("S3Source::new", [bucket, key, format!("&{output}")]);
        if self.switch("AllowOverrideForS3ObjectKey")? == Some(true) {
            call!(provider, chain.allow_key_override());
        }
        if self.switch("PollForSourceChanges")?? {
            call!(provider, chain.poll());
            return Self::done(chain, provider);
        }
        call!(provider, chain.no_trigger());
        Self::started_elsewhere(chain, provider)
    }

    pub(super) fn ecr(&mut self) -> Option<Typed> {
        let (output, artifact) = self.only_output()?;
        let repository = self.take("RepositoryName")?;
        let mut provider = EcrSource::new(repository.clone(), &artifact);
        let repository = self.program.text(&repository, "REPOSITORY");
        let mut chain = Chain::new("EcrSource::new", [repository, format!("&{output}")]);
        let tag = self.take("ImageTag")?;
        if tag != "latest" {
            call!(provider, chain.image_tag(tag.clone() => literal(&tag)));
        }
        call!(provider, chain.no_trigger());
        Self::started_elsewhere(chain, provider)
    }
}

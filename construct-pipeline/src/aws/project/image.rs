//! Images of private registries of Amazon ECR, which builds pull with the role of their project.
//!
//! <https://docs.aws.amazon.com/codebuild/latest/userguide/sample-ecr.html>

use construct_core::{Env, Scope};
use construct_iam::contract::Asked;
use construct_iam::{Arn, ArnKind, Imported, PolicyStatement, Principal, RoleRef};

const PULLS: [&str; 3] = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

/// The repository of an image in a private registry: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME:TAG`.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html>
pub(crate) fn repository_of(image: &str) -> Option<Arn> {
    let (registry, rest) = image.split_once('/')?;
    let (account, host) = registry.split_once(".dkr.ecr.").or_else(|| registry.split_once(".dkr.ecr-fips."))?;
    let env = Env::parse(account, host.split_once(".amazonaws.com")?.0).ok()?;
    let name = rest.split([':', '@']).next()?;
    Some(Arn::regional(env, "ecr", format!("repository/{name}")))
}

construct_core::handle! {
    /// A repository of images.
    pub(crate) struct ImageRepositoryRef {}
}

/// The ARNs of repositories of images.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ImageRepositoryArn {}

impl ArnKind for ImageRepositoryArn {
    type Handle = ImageRepositoryRef;
    const WHAT: &'static str = "a repository of images";
    const CODE: &'static str = "ecr::malformed-repository-arn";
    const EXAMPLE: &'static str = "arn:aws:ecr:us-east-1:111111111111:repository/name";

    fn name(arn: &Arn) -> Option<&str> {
        arn.resource().strip_prefix("repository/").filter(|_| arn.service() == "ecr" && arn.is_regional())
    }
}

/// Lets a role pull images. The owner of a repository in another account is asked to let it in.
pub(super) fn let_pull(role: RoleRef, repository: Arn, scope: &mut Scope<'_>) {
    scope.attach(role, PolicyStatement::allow(["ecr:GetAuthorizationToken"]).on(["*"]));
    scope.attach(role, PolicyStatement::allow(PULLS).on([repository.to_string()]));
    let user = scope.view().env_of(role);
    if let Some(user) = user.filter(|user| repository.account() != user.account.as_str()) {
        // https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html
        let admit = PolicyStatement::allow(PULLS).on_itself().principal(Principal::account(user));
        let admit = admit.condition("ArnEquals", "aws:PrincipalArn", [role.arn()]);
        let asked = Asked::new(&admit, "builds in an image of this repository");
        let images = scope.add("Images", Imported::<ImageRepositoryArn>::new(repository));
        scope.attach(images, asked);
        scope.attach(images, admit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_is_read_from_the_image() {
        let repository = |image: &str| repository_of(image).map(|arn| arn.to_string());
        let orders = Some("arn:aws:ecr:eu-west-1:222222222222:repository/team/build".to_owned());
        for end in ["", ":7", "@sha256:0123"] {
            let image = format!("222222222222.dkr.ecr.eu-west-1.amazonaws.com/team/build{end}");
            assert_eq!(repository(&image), orders, "{image}");
        }
        let china = repository("222222222222.dkr.ecr.cn-north-1.amazonaws.com.cn/build:7");
        assert_eq!(china.as_deref(), Some("arn:aws-cn:ecr:cn-north-1:222222222222:repository/build"));
        for elsewhere in ["aws/codebuild/standard:7.0", "public.ecr.aws/docker/library/node:20", "rust:1.89", ""] {
            assert_eq!(repository(elsewhere), None, "{elsewhere}");
        }
    }
}

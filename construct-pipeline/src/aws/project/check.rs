//! What is wrong with a project of ours.
//!
//! Codes: `codebuild::long-description`, `codebuild::malformed-project-name`, `codebuild::no-image`,
//! `codebuild::other-compute-type`, `codebuild::other-image`, `codebuild::timeout`, `codebuild::unknown-compute-type`,
//! `codebuild::unknown-environment-type`, and those of [`variables`](super::variables) and of the
//! [network](crate::aws::vpc).

use construct_core::{Diagnostic, LowerCx, ValidateCx};

use super::variables::{unreadable_secret, variable_problems};
use super::{PipelineProject, Project};
use crate::aws::VpcConfig;

/// The kinds of machines, and their sizes; new ones come with time.
/// <https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectEnvironment.html>, as of 2026-11.
const ENVIRONMENT_TYPES: [&str; 12] = [
    "LINUX_CONTAINER",
    "ARM_CONTAINER",
    "LINUX_GPU_CONTAINER",
    "WINDOWS_SERVER_2019_CONTAINER",
    "WINDOWS_SERVER_2022_CONTAINER",
    "LINUX_LAMBDA_CONTAINER",
    "ARM_LAMBDA_CONTAINER",
    "LINUX_EC2",
    "ARM_EC2",
    "WINDOWS_EC2",
    "MAC_ARM",
    "WINDOWS_CONTAINER",
];
const COMPUTE_TYPES: [&str; 12] = [
    "BUILD_GENERAL1_SMALL",
    "BUILD_GENERAL1_MEDIUM",
    "BUILD_GENERAL1_LARGE",
    "BUILD_GENERAL1_XLARGE",
    "BUILD_GENERAL1_2XLARGE",
    "BUILD_LAMBDA_1GB",
    "BUILD_LAMBDA_2GB",
    "BUILD_LAMBDA_4GB",
    "BUILD_LAMBDA_8GB",
    "BUILD_LAMBDA_10GB",
    "ATTRIBUTE_BASED_COMPUTE",
    "CUSTOM_INSTANCE_TYPE",
];

/// Reports what is wrong with a project, wherever it stands.
pub(super) fn project(project: &Project, cx: &mut ValidateCx<'_>) {
    let name = &project.name;
    let shape = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if !(2..=150).contains(&name.len()) || !shape || name.starts_with(['-', '_']) {
        cx.report(
            Diagnostic::error(
                "codebuild::malformed-project-name",
                format!("`{}` is no name of a project", name.escape_debug()),
            )
            .help("project names have 2 to 150 letters, digits, `-` and `_`, and begin with a letter or digit"),
        );
    }
    // https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html
    if project.of.description.as_ref().is_some_and(|text| text.chars().count() > 255) {
        let message = "the description of the project has more than 255 characters";
        cx.report(Diagnostic::error("codebuild::long-description", message).help("shorten it"));
    }
    let ranges = [
        ("a build", project.of.timeout_minutes, 5..=2_160),
        ("waiting for a build", project.of.queued_timeout_minutes, 5..=480),
    ];
    for (what, minutes, range) in ranges {
        if let Some(minutes) = minutes
            && !range.contains(&minutes)
        {
            let (from, to) = range.into_inner();
            cx.report(
                Diagnostic::error("codebuild::timeout", format!("{what} cannot be limited to {minutes} minutes"))
                    .help(format!("use {from} to {to} minutes")),
            );
        }
    }
    machine(&project.of, cx);
    let in_vpc = project.of.vpc.iter().flat_map(VpcConfig::problems);
    variable_problems(&project.of.environment).into_iter().chain(in_vpc).for_each(|found| cx.report(found));
}

/// What kind of machine it is, and of which size.
fn machine(of: &PipelineProject, cx: &mut ValidateCx<'_>) {
    let (kind, size) = (&*of.environment_type, &*of.compute_type);
    let lists = [
        ("codebuild::unknown-environment-type", "environment type", kind, ENVIRONMENT_TYPES),
        ("codebuild::unknown-compute-type", "compute type", size, COMPUTE_TYPES),
    ];
    for (code, what, given, known) in lists {
        if !known.contains(&given) {
            let message = format!("`{}` is no {what} known here", given.escape_debug());
            cx.report(Diagnostic::warning(code, message).help(format!("known are {}", known.join(", "))));
        }
    }
    if of.image.trim().is_empty() {
        let help = "name one, as in `.image(\"aws/codebuild/amazonlinux-x86_64-standard:5.0\")`, or leave it out";
        cx.report(Diagnostic::error("codebuild::no-image", "the project has an image without a name").help(help));
    }
    // Images of AWS say for which processors and systems they are; the standard ones are for Linux on x86.
    // https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html
    let of_aws = of.image.strip_prefix("aws/codebuild/").unwrap_or_default();
    let is_for = |word: &str| of_aws.is_empty() || of_aws.contains(word);
    let wrong = match kind {
        "ARM_CONTAINER" | "ARM_LAMBDA_CONTAINER" => !is_for("aarch64"),
        "LINUX_CONTAINER" | "LINUX_LAMBDA_CONTAINER" => of_aws.contains("aarch64") || of_aws.contains("windows"),
        "WINDOWS_SERVER_2019_CONTAINER" | "WINDOWS_SERVER_2022_CONTAINER" => !is_for("windows"),
        _ => false,
    };
    if wrong {
        let message = format!("machines of the type {kind} cannot run the image `{}`", of.image.escape_debug());
        let help =
            "name an image for them with `.image(…)`, such as `aws/codebuild/amazonlinux-aarch64-standard:3.0` for ARM";
        cx.report(Diagnostic::warning("codebuild::other-image", message).help(help));
    }
    let is_lambda = (kind.contains("_LAMBDA_"), size.starts_with("BUILD_LAMBDA_"));
    let message = match is_lambda {
        (true, false) if COMPUTE_TYPES.contains(&size) => {
            format!("machines of the type {kind} have no size {size}")
        }
        (false, true) if ENVIRONMENT_TYPES.contains(&kind) => {
            format!("the size {size} is one of Lambda containers, and {kind} is none")
        }
        _ => return,
    };
    let help = "sizes that begin with `BUILD_LAMBDA_` go with the types LINUX_LAMBDA_CONTAINER and ARM_LAMBDA_CONTAINER, and with no other";
    cx.report(Diagnostic::warning("codebuild::other-compute-type", message).help(help));
}

/// Asked when everything is known that the role may do. What a role that is given may do is for those to say who made it.
pub(super) fn secrets_are_readable(project: &Project, cx: &LowerCx<'_>) {
    if project.of.role.is_none() {
        let (statements, managed) = (cx.facts_of(project.role), cx.facts_of(project.role));
        unreadable_secret(&project.of.environment, statements, managed).into_iter().for_each(|found| cx.report(found));
    }
}

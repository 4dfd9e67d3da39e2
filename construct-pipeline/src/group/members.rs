//! Who is in a group: what can be said only when all pipelines are known.
//!
//! Codes: `group::without-pipeline`, `group::same-folder`, `group::divided`.

use std::collections::BTreeMap;

use construct_core::{Caller, Claim, Diagnostic, Fact, Lower, LowerCx, PlanCx, Reach, Resources, Synth, Uniqueness};

use super::division::Crowd;
use super::{Group, ROLE_STACKS};
use crate::names::{FOLDER_CHARACTERS, LISTED, folder_of, listed};

construct_core::handle! {
    /// The members of a group.
    pub(super) struct MembersRef {}
}

/// The group itself, which lowers to nothing.
#[derive(Clone, Debug)]
pub(super) struct Members {
    pub(super) group: Group,
}

/// That a pipeline is in the group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Member {
    /// First, so that members stand in the order of the program.
    pub(crate) location: Caller,
    pub(crate) pipeline: String,
    pub(crate) path: String,
}

impl Fact for Member {
    const NAME: &'static str = "member of a scaffold group";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
}

impl Synth for Members {
    type Handle = MembersRef;

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        cx.claim("ScaffoldGroup", &Claim::new(Uniqueness::Environment, &self.group.name));
        Box::new(self.clone())
    }
}

impl Lower for Members {
    fn lower(&self, cx: &LowerCx<'_>, _: &mut Resources) {
        let mut folders: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
        for member in cx.facts::<Member>() {
            folders.entry(folder_of(&member.pipeline)).or_default().push(member);
        }
        for members in folders.values() {
            let [first, second, further @ ..] = &members[..] else { continue };
            let names: Vec<&str> = members.iter().map(|member| &*member.pipeline).collect();
            let message = format!(
                "{} of the group `{}` begin with the same {FOLDER_CHARACTERS} characters, after which CodePipeline names the folders of their artifacts, so the roles of each reach the artifacts of the others",
                listed(&names),
                self.group.name
            );
            let finding = Diagnostic::warning("group::same-folder", message)
                .on(second.path.clone())
                .at(second.location)
                .note("another one is placed here", Some(first.location))
                .help("put them into different groups, or give them names that begin otherwise");
            let more = further.iter().take(LISTED - 2);
            cx.report(more.fold(finding, |finding, one| finding.note("and another one here", Some(one.location))));
        }
        if folders.is_empty() {
            let message = format!(
                "no pipeline is in the group `{}`, whose bucket and key cost something all the same",
                self.group.name
            );
            let help = "put pipelines in with `.scaffold_group(…)`, or leave the group out";
            cx.report(Diagnostic::warning("group::without-pipeline", message).help(help));
        }
        if let Some(crowd) = self.group.divided.crowd().filter(|_| self.group.role_stacks.is_none()) {
            cx.report(divided(crowd));
        }
    }
}

fn divided(Crowd { env, pipelines, stacks }: Crowd) -> Diagnostic {
    let message = match stacks {
        1 => format!(
            "the roles of {pipelines} pipelines in {env} nearly fill their stack: with a few more, half of them get another stack and other names"
        ),
        _ => format!(
            "the roles of {pipelines} pipelines in {env} are too many for one stack and stand in {stacks}: a pipeline that joins or leaves can move those of others to another stack"
        ),
    };
    let twice_as_many = (2 * stacks).min(ROLE_STACKS as usize);
    Diagnostic::warning("group::divided", message).help(format!(
        "`.role_stacks({twice_as_many})`, enough for twice as many pipelines, moves roles once and then never again"
    ))
}

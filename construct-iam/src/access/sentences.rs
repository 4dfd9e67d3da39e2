//! Verdicts in words.

use std::fmt::{self, Display, Formatter};

use super::verdict::{
    Assumption, Change, Citation, Denial, Failure, Fix, Impossible, NearMiss, Outcome, Side, Tested, Unknown, Verdict,
};

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allowed => "allowed",
            Self::ImplicitlyDenied => "denied: a permission is lacking",
            Self::ExplicitlyDenied => "denied by a Deny statement",
            Self::Indeterminate => "allowed if the assumptions hold",
        })
    }
}

impl Display for Side {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity => f.write_str("identity policy"),
            Self::Resource => f.write_str("policy of the resource"),
            Self::Boundary => f.write_str("permissions boundary"),
            Self::Session => f.write_str("session policy"),
            Self::Scp(level) => write!(f, "service control policy of `{level}`"),
            Self::Rcp(level) => write!(f, "resource control policy of `{level}`"),
        }
    }
}

impl Display for Citation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.statement, &self.sid) {
            (Some(index), Some(sid)) => write!(f, "statement {index} (`{sid}`) of `{}`", self.policy)?,
            (Some(index), None) => write!(f, "statement {index} of `{}`", self.policy)?,
            (None, _) => write!(f, "`{}`", self.policy)?,
        }
        write!(f, " ({})", self.side)
    }
}

impl Display for Tested {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` on `{}` wants {}; the request has {}", self.operator, self.key, Words(&self.wanted), self.got)
    }
}

impl Display for Denial {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} denies it", self.by)?;
        for condition in &self.conditions {
            write!(f, ", where {condition}")?;
        }
        Ok(())
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principal { got } => write!(f, "its `Principal` does not name `{got}`"),
            Self::Resource { wanted, got } => write!(f, "it is about {}, not `{got}`", Words(wanted)),
            Self::Condition(tested) => tested.fmt(f),
            Self::NoEffect => f.write_str("in a key policy a statement without `Resource` has no effect"),
        }
    }
}

impl Display for NearMiss {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} covers the action, but ", self.statement)?;
        for (i, failure) in self.failures.iter().enumerate() {
            write!(f, "{}{failure}", if i == 0 { "" } else { "; and " })?;
        }
        Ok(())
    }
}

impl Display for Fix {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.change {
            Change::AddStatement(statement) => write!(f, "add to the {}: {statement}", self.side),
            Change::AddConditionValues { to, operator, key, values } => {
                write!(f, "in {to} add {} to `{operator}` on `{key}`", Words(values))
            }
        }
    }
}

impl Display for Impossible {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyOperationAcrossAccounts => "this operation does not work on the keys of another account",
            Self::PassRoleAcrossAccounts => "a role can only be passed inside its own account",
            Self::AssumeRoleAsRoot => "the root user of an account cannot assume roles",
        })
    }
}

impl Display for Unknown {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy => f.write_str("the content of the policy is not known"),
            Self::Statement => f.write_str("a part of the statement is not known"),
            Self::Action => f.write_str("whether it covers the action is not known"),
            Self::Principal => f.write_str("whether it names the principal is not known"),
            Self::Resource { wanted } => write!(f, "whether {} covers the resource is not known", Words(wanted)),
            Self::Condition(tested) => tested.fmt(f),
            Self::SameAccount => f.write_str("principal and resource are in the same account"),
            Self::Undocumented(what) => write!(f, "AWS does not document {what}"),
        }
    }
}

impl Display for Assumption {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (&self.about, self.applies) {
            (Some(about), true) => write!(f, "{about} has to allow it: ")?,
            (Some(about), false) => write!(f, "{about} must not deny it: ")?,
            (None, _) => {}
        }
        for (i, unknown) in self.unknowns.iter().enumerate() {
            write!(f, "{}{unknown}", if i == 0 { "" } else { "; and " })?;
        }
        Ok(())
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let subject = &self.subject;
        write!(f, "`{}` by `{}` on `{}` is {}", subject.action, subject.principal, subject.resource, self.outcome)?;
        if let Some(impossible) = self.impossible {
            write!(f, "\n  {impossible}")?;
        }
        list(f, "by", &self.allowed_by)?;
        list(f, "because", &self.denied_by)?;
        list(f, "nearest", &self.near)?;
        list(f, "assuming", &self.assumptions)?;
        list(f, "to allow it", &self.fixes)
    }
}

fn list<T: Display>(f: &mut Formatter<'_>, label: &str, items: &[T]) -> fmt::Result {
    items.iter().try_for_each(|item| write!(f, "\n  {label}: {item}"))
}

/// A list of quoted words.
struct Words<'a>(&'a [String]);

impl Display for Words<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing");
        }
        for (i, word) in self.0.iter().enumerate() {
            write!(f, "{}`{word}`", if i == 0 { "" } else { " or " })?;
        }
        Ok(())
    }
}

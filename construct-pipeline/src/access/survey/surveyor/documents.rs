//! The policy documents of resources: those that were compiled when their template was read, and those whose functions are
//! computed now.

use std::borrow::Cow;

use construct_iam::access::{Json, Members};

use super::{Computed, Reading, Surveyor};
use crate::access::policies::{
    Digest, Early, PolicyIx, PolicyKind, Slot, Spot, Statements, TRUST, Told, document_of, write_policy_name,
};
use crate::access::template::Resolver;

/// Where a policy document stands, and what it is called.
#[derive(Clone, Copy)]
pub(super) struct DocumentAt<'n, 't> {
    pub(super) reading: Reading<'t>,
    pub(super) slot: Slot,
    pub(super) kind: PolicyKind,
    pub(super) name: Option<&'n str>,
}

impl<'t> Surveyor<'t> {
    fn spot(&self, at: DocumentAt<'_, '_>) -> Spot {
        let DocumentAt { reading, slot, kind, .. } = at;
        Spot { template: Some(reading.stack), logical_id: self.shared_id(reading), slot, kind }
    }

    pub(super) fn policy_name(&self, reading: Reading<'_>, name: Option<&str>) -> String {
        let mut written = String::new();
        write_policy_name(&mut written, &self.world.stacks[reading.stack], reading.logical_id, name);
        written
    }

    /// The policy document that resources of this type have.
    pub(super) fn document(&mut self, reading: Reading<'t>) -> Option<PolicyIx> {
        let (property, kind) = document_of(reading.kind)?;
        let value = self.property(reading, property)?;
        let name = (kind == PolicyKind::Trust).then_some(TRUST);
        Some(self.policy(DocumentAt { reading, slot: Slot::Property(property), kind, name }, value))
    }

    /// The policy of a document in the template.
    pub(super) fn policy(&mut self, at: DocumentAt<'_, 't>, document: &'t Json<'t>) -> PolicyIx {
        self.opened(at, document).unwrap_or_else(|| self.compile(at, document))
    }

    /// The policy, as far as it was compiled when its template was read.
    fn opened(&mut self, at: DocumentAt<'_, 't>, document: &'t Json<'t>) -> Option<PolicyIx> {
        let Reading { stack, number, .. } = at.reading;
        let n = self.opened.get(stack)?.binary_search_by_key(&(number, at.slot), |(place, _)| *place).ok()?;
        let ix = match std::mem::replace(&mut self.opened[stack][n].1, Early::Placed(0)) {
            Early::Whole(digest) => {
                let spot = self.spot(at);
                self.world.policies.add(digest, spot)
            }
            Early::Part(told) => self.reserve(at, Cow::Borrowed(document), told, Some(stack)),
            Early::Placed(ix) => ix,
        };
        self.opened[stack][n].1 = Early::Placed(ix);
        Some(ix)
    }

    fn compile(&mut self, at: DocumentAt<'_, 't>, document: &'t Json<'t>) -> PolicyIx {
        if at.reading.doubtful {
            // Nobody knows whether the policy will be there.
            return self.world.policies.unknown(&self.policy_name(at.reading, at.name));
        }
        let document = self.resolver.value(at.reading.stack, document);
        self.computed(at, document)
    }

    /// A policy of which the functions are computed.
    pub(super) fn computed(&mut self, at: DocumentAt<'_, '_>, document: Cow<'t, Json<'t>>) -> PolicyIx {
        let document = match document.as_ref() {
            Json::Object(map) if map.contains_key("Statement") => Some(document),
            Json::String(text) => Json::read(text).ok().map(|parsed| Cow::Owned(parsed.to_static())),
            _ => None,
        };
        match document {
            Some(document) => self.reserve(at, document, Vec::new(), None),
            None => self.world.policies.unknown(&self.policy_name(at.reading, at.name)),
        }
    }

    fn reserve(
        &mut self,
        at: DocumentAt<'_, '_>,
        document: Cow<'t, Json<'t>>,
        known: Vec<Option<Told>>,
        open: Option<usize>,
    ) -> PolicyIx {
        let name = self.policy_name(at.reading, at.name);
        let ix = self.world.policies.reserve(&name, self.spot(at));
        self.computed.push(Computed { ix, name, document, kind: at.kind, known, open });
        ix
    }
}

impl<'t> Computed<'t> {
    /// Compiles the policy.
    pub(super) fn digest(&self, resolver: &Resolver<'t>, statements: &Statements<'_>) -> Digest {
        let Self { name, document, kind, known, open, .. } = self;
        match open {
            None => Digest::new(statements, name, document, *kind, known),
            Some(stack) => {
                let (document, known) = computed(resolver, *stack, document, known);
                Digest::new(statements, name, &document, *kind, &known)
            }
        }
    }
}

/// A policy of which some statements are compiled, with the functions of the others computed.
fn computed<'t>(
    resolver: &Resolver<'t>,
    stack: usize,
    document: &Json<'t>,
    known: &[Option<Told>],
) -> (Json<'t>, Vec<Option<Told>>) {
    let written = document.get("Statement").and_then(Json::as_array).unwrap_or_default();
    let computed = written.iter().zip(known).filter_map(|(value, told)| match told {
        Some(_) => Some((Json::Null, told.clone())),
        None => Some((resolver.member(stack, value)?, None)),
    });
    let (statements, known): (Vec<Json<'t>>, Vec<Option<Told>>) = computed.unzip();
    let mut statements = Some(Json::Array(statements.into()));
    let members = document.as_object().into_iter().flat_map(Members::iter).map(|(name, value)| {
        let value = if name == "Statement" { statements.take() } else { None }.unwrap_or_else(|| value.clone());
        (name.to_owned().into(), value)
    });
    (Json::Object(members.collect()), known)
}

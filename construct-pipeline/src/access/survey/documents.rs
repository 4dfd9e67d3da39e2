//! The policy documents of resources: those that were compiled when their template was read, and those whose functions are
//! computed now.

use std::borrow::Cow;
use std::sync::Arc;

use construct_iam::access::{Json, Members};

use super::{Computed, Reading, Surveyor};
use crate::access::documents::{Early, TRUST, document_of, policy_name};
use crate::access::place::{PolicyIx, PolicyKind, Slot, Spot};
use crate::access::statements::Told;

impl<'t> Surveyor<'t> {
    pub(super) fn spot(&self, reading: Reading<'_>, slot: Slot, kind: PolicyKind) -> Spot {
        let stack = Some(Arc::clone(&self.world.stacks[reading.stack]));
        Spot { stack, logical_id: reading.logical_id.into(), slot, kind }
    }

    pub(super) fn policy_name(&self, reading: Reading<'_>, name: Option<&str>) -> String {
        policy_name(&self.world.stacks[reading.stack], reading.logical_id, name)
    }

    /// The policy document that resources of this type have.
    pub(super) fn document(&mut self, reading: Reading<'t>) -> Option<PolicyIx> {
        let (property, kind) = document_of(reading.kind)?;
        let slot = Slot::Property(property);
        let value = self.property(reading, property)?;
        let name = (kind == PolicyKind::Trust).then_some(TRUST);
        self.opened(reading, slot, kind, value, name).or_else(|| Some(self.compile(reading, value, slot, kind, name)))
    }

    /// The policy, as far as it was compiled when its template was read.
    pub(super) fn opened(
        &mut self,
        reading: Reading<'t>,
        slot: Slot,
        kind: PolicyKind,
        value: &'t Json<'t>,
        name: Option<&str>,
    ) -> Option<PolicyIx> {
        let opened = self.opened.get(reading.stack)?;
        let at = opened.binary_search_by_key(&(reading.number, slot), |(at, _)| *at).ok()?;
        let early = &mut self.opened[reading.stack][at].1;
        let ix = match std::mem::replace(early, Early::Placed(0)) {
            Early::Whole(digest) => {
                let spot = self.spot(reading, slot, kind);
                self.world.policies.add(digest, spot)
            }
            Early::Part(told) => self.part(reading, slot, kind, value, name, told),
            Early::Placed(ix) => ix,
        };
        self.opened[reading.stack][at].1 = Early::Placed(ix);
        Some(ix)
    }

    /// A policy of which some statements are compiled, and the functions of the others are computed.
    fn part(
        &mut self,
        reading: Reading<'t>,
        slot: Slot,
        kind: PolicyKind,
        document: &'t Json<'t>,
        name: Option<&str>,
        told: Vec<Option<Told>>,
    ) -> PolicyIx {
        let (mut statements, mut known) = (Vec::with_capacity(told.len()), Vec::with_capacity(told.len()));
        let written = document.get("Statement").and_then(Json::as_array).unwrap_or_default();
        for (value, told) in written.iter().zip(told) {
            let computed = if told.is_some() { Some(Json::Null) } else { self.resolver.member(reading.stack, value) };
            if let Some(computed) = computed {
                statements.push(computed);
                known.push(told);
            }
        }
        let mut statements = Some(Json::Array(statements.into()));
        let members = document.as_object().into_iter().flat_map(Members::iter).map(|(name, value)| {
            let value = if name == "Statement" { statements.take() } else { None }.unwrap_or_else(|| value.clone());
            (name.into(), value)
        });
        let document = Cow::Owned(Json::Object(members.collect()));
        let name = self.policy_name(reading, name);
        let ix = self.world.policies.reserve(&name, self.spot(reading, slot, kind));
        self.computed.push(Computed { ix, name, document, kind, known });
        ix
    }

    pub(super) fn compile(
        &mut self,
        reading: Reading<'t>,
        value: &'t Json<'t>,
        slot: Slot,
        kind: PolicyKind,
        name: Option<&str>,
    ) -> PolicyIx {
        if reading.doubtful {
            // Nobody knows whether the policy will be there.
            return self.world.policies.unknown(&self.policy_name(reading, name));
        }
        let document = self.resolver.value(reading.stack, value);
        self.computed(reading, document, slot, kind, name)
    }

    /// A policy of which the functions are computed.
    pub(super) fn computed(
        &mut self,
        reading: Reading<'_>,
        document: Cow<'t, Json<'t>>,
        slot: Slot,
        kind: PolicyKind,
        name: Option<&str>,
    ) -> PolicyIx {
        let name = self.policy_name(reading, name);
        let document = match document.as_ref() {
            Json::Object(map) if map.contains_key("Statement") => document,
            Json::String(text) => match Json::read(text) {
                Ok(parsed) => Cow::Owned(parsed.to_static()),
                Err(_) => return self.world.policies.unknown(&name),
            },
            _ => return self.world.policies.unknown(&name),
        };
        let ix = self.world.policies.reserve(&name, self.spot(reading, slot, kind));
        self.computed.push(Computed { ix, name, document, kind, known: Vec::new() });
        ix
    }
}

//! Writing what is [spelled](crate::spell): what many hold together is written once, and copied from then on.

use super::Resolver;
use crate::value::Expr;
use crate::value::spell::{Hand, Unspelled};
use crate::written::{Shape, Sink};

/// Writes into a stack.
pub(super) struct Writing<'w, 'a, S> {
    pub(super) resolver: &'w mut Resolver<'a>,
    pub(super) by_name: bool,
    pub(super) out: &'w mut S,
}

impl<S: Sink> Hand for Writing<'_, '_, S> {
    fn text(&mut self, text: &str) {
        self.resolver.text(text, self.out);
    }

    fn expr(&mut self, expr: &Expr) {
        self.resolver.write(expr, self.by_name, self.out);
    }

    fn by_name(&mut self, expr: &Expr) {
        self.resolver.write(expr, true, self.out);
    }

    fn shared(&mut self, it: Unspelled) {
        let Some(text) = self.out.as_text().filter(|_| !self.by_name) else { return it.write(self) };
        let (level, start) = (text.level(), text.as_str().len());
        if let Some(copy) = self.resolver.lately.copy(&it, level) {
            return text.raw(copy);
        }
        let outside = self.resolver.is_bound.replace(false);
        it.write(self);
        let is_bound = self.resolver.is_bound.get();
        self.resolver.is_bound.set(outside | is_bound);
        if let Some(text) = self.out.as_text().filter(|_| !is_bound) {
            self.resolver.lately.keep_copy(it, level, text.as_str()[start..].to_owned());
        }
    }

    fn begin(&mut self, shape: Shape) {
        self.out.begin(shape);
    }

    fn item(&mut self) {
        self.out.item();
    }

    fn key(&mut self, key: &str) {
        self.out.key(key);
    }

    fn end(&mut self, shape: Shape) {
        self.out.end(shape);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::spell::{Pen, Spell, Spelled};
    use crate::{App, Attr, Env, Expr, NodeId, Pseudo, RawResource};

    #[derive(Debug)]
    struct Named(Vec<Expr>);

    impl Spell for Named {
        fn spell(&self, pen: Pen<'_>) -> Spelled {
            pen.list(&self.0, |one, pen| pen.by_name(one))
        }
    }

    #[derive(Debug)]
    struct Shared(Arc<Named>);

    impl Spell for Shared {
        fn spell(&self, pen: Pen<'_>) -> Spelled {
            pen.shared(&self.0)
        }
    }

    /// What becomes of stacks in two regions that say the same of two topics, the first of which has a name.
    fn outcome(said: impl FnOnce([NodeId; 2]) -> Expr) -> Result<Vec<String>, String> {
        let mut app = App::new();
        let stacks = [("A", "us-east-1"), ("B", "us-east-1"), ("C", "eu-west-1")]
            .map(|(name, region)| app.stack(name, Env::new("111111111111", region)));
        let topic = || RawResource::new("AWS::SNS::Topic");
        let named = topic().physical(Attr::Ref, "orders").physical(Attr::get_att("Arn"), "{{resolve:ssm:/orders}}");
        let topics = [app.at(stacks[1]).add("Named", named), app.at(stacks[1]).add("Unnamed", topic())];
        let said = said(topics.map(NodeId::from));
        for stack in stacks {
            let twice = Expr::list([said.clone(), said.clone()]);
            let deeper = Expr::map([("A", said.clone()), ("B", said.clone().by_name())]);
            let mut scope = app.at(stack);
            scope.add("Topic", topic().property("Twice", twice).property("Deeper", deeper));
            scope.add("Other", topic().property("Once", said.clone()));
        }
        let assembly = app.synth().map_err(|error| error.to_string())?;
        Ok(assembly.stacks().iter().map(|stack| stack.template.clone()).collect())
    }

    #[test]
    fn what_is_shared_is_written_in_each_place_as_if_it_were_not() {
        let attr = |of, attr| Expr::Attr { of, attr };
        let arn = || Attr::get_att("Arn");
        let said: [&dyn Fn([NodeId; 2]) -> Expr; 10] = [
            &|_| "plain".into(),
            &|_| "{\"quoted\"}".into(),
            &|[named, _]| attr(named, Attr::Ref),
            &|[named, _]| Expr::Join(vec!["the ".into(), attr(named, Attr::Ref)]),
            &|[named, _]| attr(named, arn()),
            &|[_, unnamed]| attr(unnamed, Attr::Ref),
            &|_| Pseudo::Region.into(),
            &|_| Expr::Join(vec!["{{resolve:ssm:/or ders}}".into(), Pseudo::StackName.into()]),
            &|_| f64::NAN.into(),
            &|_| Expr::Null,
        ];
        for said in said {
            let shared = outcome(|of| Expr::spelled(Shared(Arc::new(Named(vec!["first".into(), said(of)])))));
            assert_eq!(shared, outcome(|of| Expr::spelled(Named(vec!["first".into(), said(of)]))));
        }
    }
}

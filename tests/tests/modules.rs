//! Modules of a crate use each other one way: there are no circles, neither of single modules nor of modules with all
//! that stands below them. A module and what stands below it are one. And providers and resources use what everybody
//! can.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;
use syn::visit::{self, Visit};
use syn::{Attribute, File, Item, ItemMod, ItemUse, UseTree, Visibility};

/// A module by the names that lead to it; none leads to the crate itself.
type Module = Vec<String>;

#[test]
fn modules_have_no_circles() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let crates = ["construct-core", "construct-iam", "construct-pipeline", "synth-cli"];
    let circles: Vec<_> = crates
        .into_iter()
        .map(|name| (name, circles(&modules(&root.join(name).join("src")))))
        .filter(|(_, circles)| !circles.is_empty())
        .collect();
    assert!(circles.is_empty(), "modules use each other: {circles:#?}");
}

/// They are models of those in other crates, which `lib.rs` shows no more than its public modules and what it gives on.
#[test]
fn providers_and_resources_use_what_other_crates_can() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../construct-pipeline/src");
    let modules = modules(&root);
    let own = |module: &[String]| module.first().is_some_and(|name| ["aws", "providers"].contains(&&**name));
    let library = &modules[&[][..]];
    let mut refused = Vec::new();
    for (module, file) in modules.iter().filter(|(module, _)| own(module)) {
        let mut uses = Uses::default();
        uses.visit_file(file);
        let paths: Vec<Vec<String>> = uses.paths.iter().filter_map(|path| absolute(module, path)).collect();
        // What a module has by its name, as in `names::tag` after `use crate::names`.
        let named = |path: &&Vec<String>| paths.iter().any(|used| used.len() == 1 && used[0] == path[0]);
        let by_name = uses.paths.iter().filter(|path| path.len() > 1).filter(named).cloned();
        for path in paths.iter().cloned().chain(by_name).filter(|path| path.len() > 1 && !own(path)) {
            let of_module = |file: &File| is_public(&library.items, &path[0]) && is_public(&file.items, &path[1]);
            if !is_public(&library.items, &path[1]) && !modules.get(&path[..1]).is_some_and(of_module) {
                refused.push(format!("{}: {}", module.join("::"), path.join("::")));
            }
        }
    }
    assert_eq!(refused, [""; 0], "these are private to the crate");
}

/// Whether one of the items has the name and is public, or is given on.
fn is_public(items: &[Item], name: &str) -> bool {
    items.iter().any(|item| {
        let (visibility, ident) = match item {
            Item::Const(item) => (&item.vis, &item.ident),
            Item::Enum(item) => (&item.vis, &item.ident),
            Item::Fn(item) => (&item.vis, &item.sig.ident),
            Item::Mod(item) => (&item.vis, &item.ident),
            Item::Static(item) => (&item.vis, &item.ident),
            Item::Struct(item) => (&item.vis, &item.ident),
            Item::Trait(item) => (&item.vis, &item.ident),
            Item::Type(item) => (&item.vis, &item.ident),
            Item::Use(item) => {
                let mut given = Uses::default();
                given.tree(&[], &item.tree);
                let has = given.paths.iter().any(|path| path.last().is_some_and(|last| last == name));
                return has && matches!(item.vis, Visibility::Public(_));
            }
            _ => return false,
        };
        ident == name && matches!(visibility, Visibility::Public(_))
    })
}

#[test]
fn a_circle_is_found() {
    let sources = [
        (vec![], "mod a; mod b; mod c;"),
        (vec!["a"], "use super::b::B; fn f() { crate::c::g(); }"),
        (vec!["b"], "use crate::{Top, c::{self, C}};"),
        (vec!["c"], "mod d; #[cfg(test)] mod tests { use super::super::a::A; }"),
        (vec!["c", "d"], "use super::C; type A = super::super::a::A;"),
    ];
    let read = |(module, text): (Vec<&str>, &str)| {
        (module.into_iter().map(str::to_owned).collect(), syn::parse_file(text).expect("it is Rust"))
    };
    let mut modules: BTreeMap<Module, File> = sources.into_iter().map(read).collect();
    assert_eq!(circles(&modules), [["a", "b", "c"]], "`c` uses `a` by what stands below it");
    modules.insert(vec!["c".to_owned(), "d".to_owned()], syn::parse_file("use super::C;").expect("it is Rust"));
    assert_eq!(circles(&modules), Vec::<Vec<String>>::new(), "`c` and `d` are one");
    modules.insert(vec!["c".to_owned(), "e".to_owned()], syn::parse_file("use super::d::D;").expect("it is Rust"));
    modules.insert(vec!["c".to_owned(), "d".to_owned()], syn::parse_file("use super::e::E;").expect("it is Rust"));
    assert_eq!(circles(&modules), [["c::d", "c::e"]]);
}

/// The modules of a crate, without those that are compiled for its tests alone.
fn modules(src: &Path) -> BTreeMap<Module, File> {
    let mut modules = BTreeMap::new();
    let (library, program) = (src.join("lib.rs"), src.join("main.rs"));
    add(&mut modules, Vec::new(), if library.exists() { &library } else { &program }, src);
    modules
}

/// Adds a module of a file, and those that it declares; these stand in `dir`.
fn add(modules: &mut BTreeMap<Module, File>, module: Module, file: &Path, dir: &Path) {
    let text = fs::read_to_string(file).expect("a module has a file");
    let file = syn::parse_file(&text).expect("what compiles can be parsed");
    for item in &file.items {
        let Item::Mod(ItemMod { ident, content: None, attrs, .. }) = item else { continue };
        if is_for_tests(attrs) {
            continue;
        }
        let name = ident.to_string();
        let below = dir.join(&name);
        let (beside, inside) = (dir.join(format!("{name}.rs")), below.join("mod.rs"));
        let file = if beside.exists() { beside } else { inside };
        add(modules, [module.clone(), vec![name]].concat(), &file, &below);
    }
    modules.insert(module, file);
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    let is_test = |attribute: &Attribute| attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"));
    attributes.iter().any(|attribute| attribute.path().is_ident("cfg") && is_test(attribute))
}

/// The modules of each circle, in order: all of them stand side by side, and whatever stands below one is a part of it.
fn circles(modules: &BTreeMap<Module, File>) -> Vec<Vec<String>> {
    let mut arrows: DiGraphMap<&[String], ()> = DiGraphMap::new();
    for (from, file) in modules {
        let mut uses = Uses::default();
        uses.visit_file(file);
        for path in &uses.paths {
            let Some(path) = absolute(from, path) else { continue };
            let known = (0..=path.len()).rev().find_map(|length| modules.get_key_value(&path[..length]));
            let (to, _) = known.expect("the crate itself is one");
            let above = from.iter().zip(to).take_while(|(from, to)| from == to).count();
            // A module and what stands below it are one.
            if above < from.len() && above < to.len() {
                arrows.add_edge(&from[..=above], &to[..=above], ());
            }
        }
    }
    let circles = tarjan_scc(&arrows).into_iter().filter(|circle| circle.len() > 1);
    let mut circles: Vec<Vec<String>> =
        circles.map(|circle| circle.iter().map(|module| module.join("::")).collect()).collect();
    circles.iter_mut().for_each(|circle| circle.sort());
    circles.sort();
    circles
}

/// A path from the root of the crate, if it begins there or in the module.
fn absolute(module: &Module, path: &[String]) -> Option<Vec<String>> {
    match path.first().map(String::as_str)? {
        "crate" => Some(path[1..].to_vec()),
        "super" => {
            let up = path.iter().take_while(|name| *name == "super").count();
            Some([&module[..module.len().checked_sub(up)?], &path[up..]].concat())
        }
        _ => None,
    }
}

/// The paths that a module names, without what is for tests.
#[derive(Default)]
struct Uses {
    paths: Vec<Vec<String>>,
}

impl Uses {
    fn tree(&mut self, before: &[String], tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.tree(&[before, &[path.ident.to_string()]].concat(), &path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(before, tree)),
            UseTree::Name(name) => self.paths.push([before, &[name.ident.to_string()]].concat()),
            UseTree::Rename(name) => self.paths.push([before, &[name.ident.to_string()]].concat()),
            _ => self.paths.push(before.to_vec()),
        }
    }
}

impl<'f> Visit<'f> for Uses {
    fn visit_item_mod(&mut self, module: &'f ItemMod) {
        if !is_for_tests(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'f ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.tree(&[], &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'f syn::Path) {
        self.paths.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }
}

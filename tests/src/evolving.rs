//! Apps that somebody keeps changing: a small app as plain data, the edits that may be made to it, and its program.
//!
//! What works in a stage keeps its number through all edits, and everything that the program calls after it keeps its name.

mod program;

use std::collections::BTreeSet;

use construct_pipeline::prelude::*;

use crate::random::{REGIONS, account};

/// An app: four pipelines at first, two of them in a group, beside a stack with what several may share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World {
    lines: Vec<Line>,
    /// How many role stacks the two groups have; 0 if as many as it takes.
    role_stacks: [u32; 2],
    /// Which path all roles have.
    path: usize,
    /// Whether all roles have a permissions boundary.
    boundary: bool,
    /// Which tag everything has.
    tag: usize,
    /// The number of what comes next.
    next: usize,
}

/// A pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    name: usize,
    id: usize,
    stack: usize,
    home: (usize, usize),
    group: Option<usize>,
    source: (usize, usize),
    jobs: Vec<Job>,
    wave: BTreeSet<(usize, usize)>,
    at_once: usize,
    exact: bool,
    stores: usize,
    settings: usize,
    role: usize,
    path: usize,
    project: usize,
    said: usize,
}

/// What works in a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Job {
    number: usize,
    kind: usize,
    place: (usize, usize),
    role: bool,
    name: usize,
    beside: bool,
}

/// A change of an app. Numbers are taken modulo what there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Edit {
    AddJob(usize, usize, usize, usize, usize),
    RemoveJob(usize, usize),
    SwapJobs(usize, usize, usize),
    JobKind(usize, usize, usize),
    JobAccount(usize, usize, usize),
    JobRegion(usize, usize, usize),
    JobRole(usize, usize),
    JobName(usize, usize),
    JobBeside(usize, usize),
    AddTarget(usize, usize, usize),
    RemoveTarget(usize, usize),
    AtOnce(usize, usize),
    Source(usize, usize, usize),
    Exact(usize),
    Settings(usize, usize),
    Stores(usize, usize),
    Group(usize, usize),
    RoleStacks(usize, u32),
    PipelineRole(usize, usize),
    PipelinePath(usize, usize),
    Project(usize, usize),
    Said(usize, usize),
    AppPath(usize),
    Boundary,
    Tag(usize),
    AddLine(usize),
    RemoveLine(usize),
    LineName(usize),
    LineId(usize),
    LineStack(usize, usize),
    LineRegion(usize, usize),
    LineAccount(usize, usize),
}

impl Edit {
    /// An edit that may be made at any time, says `docs/guide/changes.md`, by its number and what it takes.
    #[must_use]
    pub fn free(n: usize, [a, b, c, d, e]: [usize; 5]) -> Self {
        match n % Self::FREE {
            0..=3 => Self::AddJob(a, b, c, d, e),
            4 | 5 => Self::RemoveJob(a, b),
            6 => Self::SwapJobs(a, b, c),
            7 | 8 => Self::JobKind(a, b, c),
            9 | 10 => Self::JobAccount(a, b, c),
            11 | 12 => Self::JobRegion(a, b, c),
            13 => Self::JobRole(a, b),
            14 => Self::JobName(a, b),
            15 => Self::JobBeside(a, b),
            16 | 17 => Self::AddTarget(a, b, c),
            18 => Self::RemoveTarget(a, b),
            19 => Self::AtOnce(a, b),
            20 | 21 => Self::Source(a, b, c),
            22 => Self::Exact(a),
            23 => Self::Settings(a, b),
            24 | 25 => Self::Stores(a, b),
            26 | 27 => Self::Group(a, b),
            28 => Self::RoleStacks(a, u32::try_from(b % 4).unwrap_or_default()),
            29 => Self::PipelineRole(a, b),
            30 | 31 => Self::Project(a, b),
            32 => Self::Said(a, b),
            33 => Self::Boundary,
            34 => Self::Tag(a),
            35 => Self::AddLine(a),
            36 => Self::RemoveLine(a),
            _ => Self::LineName(a),
        }
    }

    /// How many numbers there are for [`Edit::free`].
    pub const FREE: usize = 38;

    /// An edit that CloudFormation cannot follow by itself, says the same page.
    #[must_use]
    pub fn bound(n: usize, line: usize, to: usize) -> Self {
        match n % Self::BOUND {
            0 => Self::AppPath(to),
            1 => Self::PipelinePath(line, to),
            2 => Self::LineId(line),
            3 => Self::LineStack(line, to),
            4 => Self::LineRegion(line, to),
            _ => Self::LineAccount(line, to),
        }
    }

    /// How many numbers there are for [`Edit::bound`].
    pub const BOUND: usize = 6;
}

const KINDS: usize = 17;
const SOURCES: usize = 6;
const STORES: usize = 5;

impl Default for World {
    fn default() -> Self {
        let line = |n: usize, group| Line {
            name: n,
            id: n,
            stack: n % 2,
            home: (0, 0),
            group,
            source: (0, 0),
            jobs: vec![Job { number: n, kind: 0, place: (1, 0), role: false, name: 0, beside: false }],
            wave: BTreeSet::new(),
            at_once: 0,
            exact: false,
            stores: 0,
            settings: 0,
            role: 0,
            path: 0,
            project: 0,
            said: 0,
        };
        let lines = vec![line(0, None), line(1, None), line(2, Some(0)), line(3, Some(0))];
        Self { lines, role_stacks: [0, 0], path: 0, boundary: false, tag: 0, next: 10 }
    }
}

impl World {
    /// The app behind an edit.
    #[must_use]
    pub fn edited(&self, edit: Edit) -> Self {
        let mut after = self.clone();
        let next = after.next;
        after.next += 1;
        let n_lines = after.lines.len().max(1);
        let with = |world: &mut Self, line: usize, change: &dyn Fn(&mut Line)| {
            if let Some(line) = world.lines.get_mut(line % n_lines) {
                change(line);
            }
        };
        let with_job = |world: &mut Self, line: usize, job: usize, change: &dyn Fn(&mut Job)| {
            with(world, line, &|line| {
                let n_jobs = line.jobs.len().max(1);
                if let Some(job) = line.jobs.get_mut(job % n_jobs) {
                    change(job);
                }
            });
        };
        match edit {
            Edit::AddJob(line, at, kind, account, region) => with(&mut after, line, &|line| {
                let place = (account % 6, region % 3);
                let job = Job { number: next, kind: kind % KINDS, place, role: false, name: 0, beside: false };
                line.jobs.insert(at % (line.jobs.len() + 1), job);
            }),
            Edit::RemoveJob(line, job) => with(&mut after, line, &|line| {
                if !line.jobs.is_empty() {
                    line.jobs.remove(job % line.jobs.len());
                }
            }),
            Edit::SwapJobs(line, one, other) => with(&mut after, line, &|line| {
                let n_jobs = line.jobs.len();
                if n_jobs > 0 {
                    line.jobs.swap(one % n_jobs, other % n_jobs);
                }
            }),
            Edit::JobKind(line, job, kind) => with_job(&mut after, line, job, &|job| job.kind = kind % KINDS),
            Edit::JobAccount(line, job, account) => with_job(&mut after, line, job, &|job| job.place.0 = account % 6),
            Edit::JobRegion(line, job, region) => with_job(&mut after, line, job, &|job| job.place.1 = region % 3),
            Edit::JobRole(line, job) => with_job(&mut after, line, job, &|job| job.role = !job.role),
            Edit::JobName(line, job) => with_job(&mut after, line, job, &|job| job.name += 1),
            Edit::JobBeside(line, job) => with_job(&mut after, line, job, &|job| job.beside = !job.beside),
            Edit::AddTarget(line, account, region) => with(&mut after, line, &|line| {
                line.wave.insert((account % 12, region % 3));
            }),
            Edit::RemoveTarget(line, target) => with(&mut after, line, &|line| {
                let gone = line.wave.iter().nth(target % line.wave.len().max(1)).copied();
                line.wave.retain(|one| Some(*one) != gone);
            }),
            Edit::AtOnce(line, n) => with(&mut after, line, &|line| line.at_once = n % 4),
            Edit::Source(line, kind, account) => {
                with(&mut after, line, &|line| line.source = (kind % SOURCES, account % 3));
            }
            Edit::Exact(line) => with(&mut after, line, &|line| line.exact = !line.exact),
            Edit::Settings(line, bit) => with(&mut after, line, &|line| line.settings ^= 1 << (bit % 5)),
            Edit::Stores(line, stores) => with(&mut after, line, &|line| line.stores = stores % STORES),
            Edit::Group(line, group) => {
                with(&mut after, line, &|line| line.group = [None, Some(0), Some(1)][group % 3]);
            }
            Edit::RoleStacks(group, n) => after.role_stacks[group % 2] = n % 4,
            Edit::PipelineRole(line, role) => with(&mut after, line, &|line| line.role = role % 3),
            Edit::PipelinePath(line, path) => with(&mut after, line, &|line| line.path = path % 3),
            Edit::Project(line, project) => with(&mut after, line, &|line| line.project = project % 4),
            Edit::Said(line, bit) => with(&mut after, line, &|line| line.said ^= 1 << (bit % 6)),
            Edit::AppPath(path) => after.path = path % 3,
            Edit::Boundary => after.boundary = !after.boundary,
            Edit::Tag(tag) => after.tag = tag % 3,
            Edit::AddLine(like) => {
                if let Some(line) = after.lines.get(like % n_lines) {
                    let mut line = Line { name: next, id: next, ..line.clone() };
                    line.jobs.iter_mut().enumerate().for_each(|(n, job)| job.number = 100 * next + n);
                    after.lines.push(line);
                }
            }
            Edit::RemoveLine(line) => {
                if after.lines.len() > 1 {
                    after.lines.remove(line % n_lines);
                }
            }
            Edit::LineName(line) => with(&mut after, line, &|line| line.name = next),
            Edit::LineId(line) => with(&mut after, line, &|line| line.id = next),
            Edit::LineStack(line, stack) => with(&mut after, line, &|line| line.stack = stack % 3),
            Edit::LineRegion(line, region) => with(&mut after, line, &|line| line.home.1 = region % 3),
            Edit::LineAccount(line, account) => with(&mut after, line, &|line| line.home.0 = account % 3),
        }
        after
    }
}

/// An environment by the numbers of its account and region.
fn env((n, region): (usize, usize)) -> Env {
    Env::parse(&account(n + 1), REGIONS[0][region]).expect("accounts and regions are sound")
}

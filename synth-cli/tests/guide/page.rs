//! Pages of Markdown: fenced blocks, links, headings.

use std::fmt;

/// A page: lines of prose, and blocks.
#[derive(Debug)]
pub(crate) struct Page {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Line(String),
    Block(Block),
}

/// What stands between two lines of three backticks.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) language: String,
    /// The line of the page in which it begins.
    pub(crate) line: usize,
    /// The program it is about.
    pub(crate) program: Option<String>,
    /// The file it is, for the commands below.
    pub(crate) file: Option<String>,
    lines: Vec<String>,
}

impl Block {
    pub(crate) fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line, "\n"]).collect()
    }

    pub(crate) fn set(&mut self, text: &str) {
        self.lines = text.lines().map(str::to_owned).collect();
    }

    /// Whether something in it can be run.
    pub(crate) fn runs(&self) -> bool {
        let runs = |line: &String| line.strip_prefix("$ ").is_some_and(crate::shell::can);
        self.language == "mermaid" || self.language == "console" && self.lines.iter().any(runs)
    }
}

impl Page {
    #[track_caller]
    pub(crate) fn parse(file: &str, text: &str) -> Self {
        let (mut program, mut name) = (None, None);
        let (mut parts, mut open) = (Vec::new(), None::<Block>);
        for (line, n) in text.lines().zip(1..) {
            match open.take() {
                Some(block) if line == "```" => parts.push(Part::Block(block)),
                Some(mut block) => {
                    block.lines.push(line.to_owned());
                    open = Some(block);
                }
                None => {
                    if let Some(language) = line.strip_prefix("```") {
                        let (program, file) = (program.clone(), name.take());
                        let language = language.to_owned();
                        open = Some(Block { language, line: n, program, file, lines: Vec::new() });
                        continue;
                    }
                    program = comment(line, "program").or(program);
                    name = comment(line, "file").or(name);
                    parts.push(Part::Line(line.to_owned()));
                }
            }
        }
        assert!(open.is_none(), "{file}: a block is not closed");
        Self { parts }
    }

    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Block> {
        self.parts.iter().filter_map(|part| if let Part::Block(block) = part { Some(block) } else { None })
    }

    pub(crate) fn blocks_mut(&mut self) -> impl Iterator<Item = &mut Block> {
        self.parts.iter_mut().filter_map(|part| if let Part::Block(block) = part { Some(block) } else { None })
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Line(line) => writeln!(f, "{line}")?,
                Part::Block(block) => writeln!(f, "```{}\n{}```", block.language, block.text())?,
            }
        }
        Ok(())
    }
}

fn comment(line: &str, key: &str) -> Option<String> {
    let inside = line.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
    inside.trim().strip_prefix(key)?.strip_prefix(": ").map(str::to_owned)
}

/// The first piece of a block that is not in the source, whatever the indentation. Pieces are parted by lines `// …`.
pub(crate) fn missing(text: &str, source: &str) -> Option<String> {
    let bare = |text: &str| -> Vec<String> { text.lines().map(|line| line.trim().to_owned()).collect() };
    let source = bare(source);
    let mut from = 0;
    for piece in bare(text).split(|line| line == "// …") {
        let piece: Vec<String> = piece.iter().skip_while(|line| line.is_empty()).cloned().collect();
        let end = piece.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        let piece = &piece[..end];
        if piece.is_empty() {
            continue;
        }
        match source[from..].windows(piece.len()).position(|lines| lines == piece) {
            Some(at) => from += at + piece.len(),
            None => return Some(piece.join("\n")),
        }
    }
    None
}

/// A command and what is shown of its output.
#[derive(Debug)]
pub(crate) struct Step {
    /// The command as it stands there, lines that it goes on in included.
    pub(crate) shown: String,
    pub(crate) command: String,
    pub(crate) output: String,
}

/// The commands of a block, which begins with one.
#[track_caller]
pub(crate) fn steps(text: &str) -> Vec<Step> {
    assert!(text.starts_with("$ "), "a block of commands begins with one:\n{text}");
    let mut steps: Vec<Step> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => {
                let shown = format!("{line}\n");
                steps.push(Step { shown, command: command.to_owned(), output: String::new() });
            }
            (None, Some(step)) if step.output.is_empty() && step.command.ends_with('\\') => {
                step.shown.push_str(&format!("{line}\n"));
                step.command.push_str(&format!("\n{line}"));
            }
            (None, Some(step)) => step.output.push_str(&format!("{line}\n")),
            (None, None) => {}
        }
    }
    for step in &mut steps {
        // What follows a command is for the reader.
        if let Some((command, _)) = step.command.split_once("  #") {
            step.command = command.trim_end().to_owned();
        }
    }
    steps
}

/// Whether a command printed what is shown; `…` stands for any number of lines.
pub(crate) fn is_like(shown: &str, printed: &str) -> bool {
    let printed: Vec<&str> = printed.trim_end().lines().collect();
    let shown: Vec<&str> = shown.trim_end().lines().collect();
    let pieces: Vec<&[&str]> = shown.split(|line| line.trim() == "…").collect();
    let mut at = 0;
    for (n, piece) in pieces.iter().enumerate() {
        if piece.is_empty() {
            continue;
        }
        let rest = &printed[at..];
        let found = match n {
            0 => rest.starts_with(piece).then_some(0),
            _ if n + 1 == pieces.len() => rest.ends_with(piece).then(|| rest.len() - piece.len()),
            _ => rest.windows(piece.len()).position(|lines| lines == *piece),
        };
        match found {
            Some(found) => at += found + piece.len(),
            None => return false,
        }
    }
    pieces.last().is_some_and(|last| last.is_empty() && pieces.len() > 1) || at == printed.len()
}

/// What is printed, shown as far as it was before: what stood between two lines `…` is looked for by how it begins.
pub(crate) fn updated(shown: &str, printed: &str) -> String {
    let printed: Vec<&str> = printed.trim_end().lines().collect();
    let shown: Vec<&str> = shown.trim_end().lines().collect();
    let pieces: Vec<&[&str]> = shown.split(|line| line.trim() == "…").collect();
    let alike = |a: &str, b: &str| a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let (mut lines, mut at) = (Vec::new(), 0);
    for (n, piece) in pieces.iter().enumerate() {
        if n > 0 {
            lines.push("…");
        }
        let Some(first) = piece.first() else { continue };
        let rest = &printed[at..];
        let start =
            if n == 0 { 0 } else { (0..rest.len()).rev().max_by_key(|at| alike(rest[*at], first)).unwrap_or(0) };
        let is_last = n + 1 == pieces.len();
        let end = if is_last { rest.len() } else { (start + piece.len()).min(rest.len()) };
        lines.extend(&rest[start..end]);
        at += end;
    }
    let lines = if pieces.len() == 1 { printed } else { lines };
    lines.iter().flat_map(|line| [line, "\n"]).collect()
}

/// Where the links of a page lead.
pub(crate) fn links(text: &str) -> impl Iterator<Item = String> {
    let mut in_block = false;
    let prose: String = text
        .lines()
        .filter(|line| {
            let fence = line.starts_with("```");
            in_block ^= fence;
            !fence && !in_block
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let targets: Vec<String> = prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target.to_owned()))
        .collect();
    targets.into_iter()
}

/// The anchors of a page's headings.
pub(crate) fn anchors(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        heading
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    })
}

#[test]
fn what_is_left_out_stays_out() {
    assert_eq!(updated("a 1\n…\nc 1\n…", "a 2\nb\nc 2\nd"), "a 2\n…\nc 2\n…\n");
    assert_eq!(updated("…\nc 1\nd", "a\nc 2\nd\ne"), "…\nc 2\nd\ne\n");
    assert_eq!(updated("", "a\nb\n"), "a\nb\n");
}

#[test]
fn a_block_that_differs_is_told_apart() {
    assert_eq!(missing("b\n// …\nd", "  a\n  b\nc\nd\n"), None);
    assert_eq!(missing("d\n// …\nb", "a\nb\nc\nd\n").as_deref(), Some("b"));
    assert!(is_like("a\n…\nd", "a\nb\nc\nd\n") && is_like("…\nd", "c\nd") && is_like("a\n…", "a\nb"));
    assert!(
        !is_like("a\n…\nc", "a\nb\nc\nd\n") && !is_like("a", "a\nb") && !is_like("", "a") && !is_like("b\n…", "a\nb")
    );
}

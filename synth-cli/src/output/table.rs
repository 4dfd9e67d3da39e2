//! Tables for people: aligned columns, a bold header, no lines.

use super::{BOLD, printable};

/// A table that is as wide as its cells.
#[derive(Debug)]
pub(crate) struct Table {
    header: Vec<&'static str>,
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns. A name that begins with `>` stands for a column of numbers, aligned to the right.
    pub(crate) fn new<const N: usize>(columns: [&'static str; N]) -> Self {
        Self {
            header: columns.iter().map(|name| name.trim_start_matches('>')).collect(),
            right: columns.iter().map(|name| name.starts_with('>')).collect(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| printable(&cell).into_owned()).collect());
    }

    pub(crate) fn render(&self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            cells.chain(self.header.get(column).map(|name| name.chars().count())).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.header.len()).map(width).collect();
        let header = self.line(self.header.iter().copied(), &widths);
        let mut text = format!("{BOLD}{header}{BOLD:#}\n");
        for row in &self.rows {
            text.push_str(&self.line(row.iter().map(|cell| &**cell), &widths));
            text.push('\n');
        }
        text
    }

    fn line<'c>(&self, cells: impl Iterator<Item = &'c str>, widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, width), right) in cells.zip(widths).zip(&self.right) {
            let padded = if *right { format!("{cell:>width$}") } else { format!("{cell:<width$}") };
            if !line.is_empty() {
                line.push_str("  ");
            }
            line.push_str(&padded);
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_where_their_text_ends() {
        let mut table = Table::new([">wave", "stack", "needs"]);
        table.row(["0".into(), "Über".into(), String::new()]);
        table.row(["12".into(), "Tools".into(), "1".into()]);
        let text = table.render();
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines, ["   0  Über", "  12  Tools  1"]);
    }
}

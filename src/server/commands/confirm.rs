//! Asks an operator back: on a terminal by a question, elsewhere by the flag `--yes`.

use anyhow::{bail, ensure};
use std::io::{self, BufRead, IsTerminal, Write};

/// Lets a command go on that was doubted: because `--yes` was given, or because the operator says
/// so on a terminal.
///
/// # Errors
/// Nobody said yes; the message has the doubts.
pub(super) fn agree(doubts: &[String], yes: bool) -> anyhow::Result<()> {
    if doubts.is_empty() || yes {
        return Ok(());
    }
    let doubts = doubts.join("; ");
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        bail!("{doubts}: add --yes if that is meant");
    }
    // A terminal that can't be written to gives no answer either.
    write!(io::stderr(), "{doubts}. Go on? [y/N] ").and_then(|()| io::stderr().flush())?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    ensure!(is_yes(&answer), "nothing was done");
    Ok(())
}

fn is_yes(answer: &str) -> bool {
    matches!(
        answer.trim().to_ascii_lowercase().as_str(),
        "y" | "yes" | "\u{662f}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one() {
        for (answer, yes) in [
            ("y\n", true),
            ("YES\r\n", true),
            ("\u{662f}", true),
            ("", false),
            ("\n", false),
            ("n", false),
            ("yy", false),
        ] {
            assert_eq!(is_yes(answer), yes, "{answer:?}");
        }
    }

    #[test]
    fn what_nobody_doubts_needs_no_yes() {
        assert!(agree(&[], false).is_ok());
        assert!(agree(&["why".into()], true).is_ok());
    }
}

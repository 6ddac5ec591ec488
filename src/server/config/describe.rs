//! Description of the settings, made from their declarations: `docs/settings.md` and `.env.example`
//! are what it writes, and a test compares them.

use super::Serve;
use clap::{Arg, Args, ValueEnum};

/// How the settings are described.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Description {
    /// Tables, as in docs/settings.md
    Markdown,
    /// Variables that are commented out, as in .env.example
    Env,
}

/// Columns of a line of `.env.example` at most.
const WIDTH: usize = 130;

const MARKDOWN_HEAD: &str = "\
# Settings
Every setting of the shop, with its default and its meaning; `qiangke settings markdown` writes this
page. [中文](settings.zh-CN.md)

Each is a flag (`qiangke serve --help`) and an environment variable; the flag wins, and an empty
variable counts as unset. Give secrets as variables: every user of a machine sees the flags of its
processes. [.env.example](../.env.example) has all settings, to copy.
";

const ENV_HEAD: &str = "\
# Every setting of `qiangke serve`, with its default; `qiangke settings env` writes this file. Each is also a flag (`qiangke serve
# --help`), and the flag wins. An empty one counts as unset. The program reads its environment, not this file: `set -a; . ./.env; set +a;
# qiangke serve`, EnvironmentFile= in a unit, or shop.env of compose.yaml. A value with & ; # $ or blanks stands in single quotes, for all
# three: DATABASE_URL='postgres://…?sslmode=verify-full&…'
# In a URL, write @ / : ? # % of a password as %40 %2F %3A %3F %23 %25, or take one of letters and digits (openssl rand -hex 24).
";

/// A setting as it is declared.
struct Setting {
    variable: String,
    heading: String,
    meaning: String,
    default: String,
}

impl Description {
    /// The whole text.
    pub fn text(self) -> String {
        let head = match self {
            Self::Markdown => MARKDOWN_HEAD,
            Self::Env => ENV_HEAD,
        };
        let mut pieces = vec![head.to_owned()];
        let mut heading = String::new();
        for setting in settings() {
            if setting.heading != heading {
                heading.clone_from(&setting.heading);
                pieces.push(self.head(&heading));
            }
            pieces.push(self.line(&setting));
        }
        pieces.concat()
    }

    fn head(self, heading: &str) -> String {
        match self {
            Self::Markdown => {
                format!("\n## {heading}\n| variable | default | meaning |\n|---|---|---|\n")
            }
            Self::Env => format!("\n# --- {heading} ---\n"),
        }
    }

    fn line(self, setting: &Setting) -> String {
        let Setting {
            variable,
            meaning,
            default,
            ..
        } = setting;
        match self {
            Self::Markdown => {
                let code = if default.is_empty() { "" } else { "`" };
                let meaning = meaning.replace('|', "\\|");
                format!("| `{variable}` | {code}{default}{code} | {meaning} |\n")
            }
            Self::Env => format!("{}.\n# {variable}={default}\n", comment(meaning)),
        }
    }
}

/// A text as comments, wrapped at [`WIDTH`].
fn comment(text: &str) -> String {
    let mut lines = vec![String::from("#")];
    for word in text.split(' ') {
        let last = lines.last_mut();
        match last {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(format!("# {word}")),
        }
    }
    lines.join("\n")
}

/// The settings of `serve`, in the order of their declaration.
fn settings() -> Vec<Setting> {
    let serve = Serve::augment_args(clap::Command::new("serve"));
    let args = serve.get_arguments();
    args.filter(|arg| !arg.is_hide_set())
        .filter_map(setting)
        .collect()
}

fn setting(arg: &Arg) -> Option<Setting> {
    let variable = arg.get_env()?.to_str()?.to_owned();
    let defaults: Vec<_> = arg
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    let is_flag = !arg.get_action().takes_values();
    Some(Setting {
        variable,
        heading: arg.get_help_heading().unwrap_or("Database").to_owned(),
        meaning: arg.get_help().map(ToString::to_string).unwrap_or_default(),
        default: if is_flag {
            "false".to_owned()
        } else {
            defaults.join(",")
        },
    })
}

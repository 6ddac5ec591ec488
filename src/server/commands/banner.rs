//! `qiangke banner`: the slides of the home page.

use super::there;
use crate::{
    server::{
        clock::Clock,
        config::{BANNER_COUNT, Database},
        output::{Output, counted},
        store::Store,
    },
    types::{
        banner::{BadBanner, NewBanner},
        ids::BannerId,
        link,
        time::Millis,
    },
};
use anyhow::anyhow;
use clap::Subcommand;

/// `qiangke banner …`.
#[derive(Debug, Subcommand)]
pub enum BannerCommand {
    /// Add a banner at the end
    Add {
        /// What it is about, in a few words
        #[arg(long)]
        title: String,
        /// The picture, a path below /media/, like banner/rush.png
        #[arg(long)]
        image: String,
        /// Where it leads: a path of the shop, or the address of another site
        #[arg(long)]
        link: String,
        /// One sentence
        #[arg(long)]
        info: String,
        #[command(flatten)]
        database: Database,
    },
    /// List all banners
    List(Database),
    /// Hide a banner: within a second it is gone from every page
    Hide {
        /// The banner's number
        id: i64,
        #[command(flatten)]
        database: Database,
    },
    /// Show a banner
    Show {
        /// The banner's number
        id: i64,
        #[command(flatten)]
        database: Database,
    },
    /// Give a banner another place
    Order {
        /// The banner's number
        id: i64,
        /// The place: banners stand in ascending order
        place: i64,
        #[command(flatten)]
        database: Database,
    },
}

pub(super) async fn run(command: BannerCommand, output: &mut Output) -> anyhow::Result<()> {
    let now = Clock::System.now();
    match command {
        BannerCommand::Add {
            title,
            image,
            link,
            info,
            database,
        } => {
            let banner = NewBanner::parse(&title, &image, &link, &info)
                .map_err(|bad| refusal(bad, &image, &link))?;
            add(&super::open(&database).await?, &banner, now, output).await?;
        }
        BannerCommand::List(database) => list(&super::open(&database).await?, output).await?,
        BannerCommand::Hide { id, database } => {
            there(
                super::open(&database)
                    .await?
                    .show_banner(BannerId(id), false, now)
                    .await?,
                "banner",
                id,
            )?;
            output.done(format_args!("banner {id} is hidden"));
        }
        BannerCommand::Show { id, database } => {
            let store = super::open(&database).await?;
            there(
                store.show_banner(BannerId(id), true, now).await?,
                "banner",
                id,
            )?;
            output.done(format_args!(
                "banner {id} is no longer hidden{}",
                standing(&store, BannerId(id)).await?
            ));
        }
        BannerCommand::Order {
            id,
            place,
            database,
        } => {
            there(
                super::open(&database)
                    .await?
                    .order_banner(BannerId(id), place, now)
                    .await?,
                "banner",
                id,
            )?;
            output.done(format_args!("banner {id} has place {place}"));
        }
    }
    Ok(())
}

async fn add(
    store: &Store,
    banner: &NewBanner,
    now: Millis,
    output: &mut Output,
) -> anyhow::Result<()> {
    let NewBanner {
        title,
        image,
        link,
        info,
    } = banner;
    let id = store.add_banner(title, image, link, info, now).await?;
    output.done(format_args!(
        "banner {id} is added{}{}",
        standing(store, id).await?,
        dead_end(store, link).await?
    ));
    Ok(())
}

/// What an operator should hear of a link to a page that shows nothing yet: its course may still
/// come, or the number is wrong.
async fn dead_end(store: &Store, link: &str) -> anyhow::Result<String> {
    let path = link.split(['?', '#']).next().unwrap_or_default();
    let Some(id) = link::course(path) else {
        return Ok(String::new());
    };
    Ok(match store.sale_course(id).await? {
        Some(course) if course.is_shown => String::new(),
        Some(_) => format!("; its link leads to course {id}, which is hidden"),
        None => format!("; its link leads to course {id}, which is not there"),
    })
}

async fn list(store: &Store, output: &mut Output) -> anyhow::Result<()> {
    for (banner, shown) in store.all_banners().await? {
        let state = if shown { "shown" } else { "hidden" };
        output.line(format_args!(
            "{:>5} place {:>4} {state:6} {} -> {}",
            banner.id, banner.orders, banner.title, banner.link
        ));
    }
    Ok(())
}

/// Where a banner stands. How many of them the home page has only its servers know.
async fn standing(store: &Store, id: BannerId) -> anyhow::Result<String> {
    let banners = store.all_banners().await?;
    let before = banners
        .iter()
        .filter(|(_, shown)| *shown)
        .take_while(|(banner, _)| banner.id != id)
        .count();
    Ok(match before {
        0 => ": it is the first one".to_owned(),
        _ => format!(
            ": {} before it, and the home page has the first BANNER_COUNT of all ({BANNER_COUNT} by default)",
            counted(before, "stands", "stand")
        ),
    })
}

fn refusal(bad: BadBanner, image: &str, link: &str) -> anyhow::Error {
    match bad {
        BadBanner::Line(flag, why) => anyhow!("--{flag}: {why}"),
        BadBanner::Image => {
            anyhow!(
                "--image {image:?}: a path below /media/, without that word: like banner/rush.png"
            )
        }
        BadBanner::Link => anyhow!(
            "--link {link:?}: a path of the shop like /courses, or an address of the web like https://example.com, without blanks"
        ),
    }
}

//! A shop that faults strike: its processes, its record and Redis, its students.

use crate::{
    app::{TestApp, fill},
    crowd::{Student, gather},
    dice::Dice,
    facts::{self, Facts},
    history::Ticket,
    process::{Instance, Recipe, free_address},
    record::{Record, setting},
    redis::RedisServer,
};
use qiangke::{
    server::{
        boot,
        clock::Clock,
        signer::Signer,
        store::{Guard, NewSale},
    },
    types::{ids::CourseId, money::Fen, sale::Reason},
};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;

/// Students of a shop.
pub const STUDENTS: i64 = 2_000;
/// Instances where there can be several.
const INSTANCES: usize = 2;
/// How long a sale's window is: two hours, so that a clock that jumps by one does not close it, and one that jumps by two would.
const WINDOW_MS: i64 = 2 * 3_600_000;

/// The engines of a shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, clap::ValueEnum)]
pub enum Pair {
    /// A file, and the queue in the process.
    Sqlite,
    /// PostgreSQL, and the queue in Redis.
    Postgres,
}

impl Pair {
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres+redis",
        }
    }
}

/// How a shop is set up for a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Staging {
    /// The record's file lies on a disk of a few MB.
    pub small_disk: bool,
    /// The clock can be moved.
    pub false_clock: bool,
    /// A proxy stands before Redis.
    pub redis_proxy: bool,
    /// A proxy stands before PostgreSQL.
    pub postgres_proxy: bool,
}

pub struct Shop {
    pub pair: Pair,
    pub staging: Staging,
    pub record: Record,
    pub folder: TempDir,
    pub instances: Vec<Instance>,
    pub redis: Option<RedisServer>,
    pub students: Vec<Student>,
    program: PathBuf,
    signer: Signer,
}

/// What an answered click's id says.
pub enum Id {
    Ticket(Ticket),
    Refusal(Reason),
}

impl Shop {
    /// A shop with its students, whose instances serve.
    ///
    /// # Errors
    /// It does not start.
    pub async fn open(pair: Pair, staging: Staging, program: &Path, dice: &mut Dice) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("chaos").tempdir().expect("a temporary folder");
        TestApp::make_site(folder.path());
        let record = match pair {
            Pair::Sqlite => Record::file(&folder.path().join("shop.db")),
            Pair::Postgres => Record::database(&setting("QIANGKE_TEST_POSTGRES").expect("scripts/chaos.sh sets it"), folder.path()).await,
        };
        fill(&record).await;
        let students = gather(&record, STUDENTS).await;
        let store = boot::open_store(&record.url, Guard::On).await.expect("the record");
        let secret = store.signing_secret().await.expect("the record").expect("a key");
        store.close().await.expect("close");
        let redis = (pair == Pair::Postgres).then(RedisServer::start);
        let mut shop = Self {
            pair,
            staging,
            record,
            folder,
            instances: Vec::new(),
            redis,
            students,
            program: program.to_path_buf(),
            signer: Signer::new(secret).expect("a key"),
        };
        let count = if pair == Pair::Sqlite { 1 } else { INSTANCES };
        for number in 0..count {
            let mut instance = Instance::new(shop.recipe(number, dice));
            instance.start().await?;
            shop.instances.push(instance);
        }
        Ok(shop)
    }

    fn recipe(&self, number: usize, dice: &mut Dice) -> Recipe {
        let folder = self.folder.path();
        let mut flags = vec![
            "--database-url".into(),
            self.record.url.clone().into(),
            "--site-root".into(),
            folder.join("site").into_os_string(),
            "--sms-outbox".into(),
            folder.join("outbox.jsonl").into_os_string(),
        ];
        if let Some(redis) = &self.redis {
            flags.extend(["--redis-url".into(), redis.url().into()]);
        }
        Recipe {
            program: self.program.clone(),
            address: free_address(dice),
            flags,
            environment: Vec::new(),
            log: folder.join(format!("instance-{number}.log")),
        }
    }

    /// Opens sales that every instance knows, and gives their numbers.
    ///
    /// # Errors
    /// They are not known in time.
    pub async fn open_sales(&self, count: usize, seats: i64) -> Result<Vec<i64>, String> {
        // The record is closed again before anything strikes: a second process that has the file open would spare the shop its recovery.
        let store = boot::open_store(&self.record.url, Guard::On).await.map_err(|error| error.to_string())?;
        let now = Clock::System.now();
        let mut sales = Vec::new();
        for _ in 0..count {
            let (opens_at, closes_at) = (now.plus(-WINDOW_MS), now.plus(WINDOW_MS));
            let sale = NewSale { course: CourseId(2), price: Fen(990), stock: seats, opens_at, closes_at };
            sales.push(store.create_sale(&sale, now).await.map_err(|error| error.to_string())?.expect("the course").0);
        }
        store.close().await.map_err(|error| error.to_string())?;
        for instance in &self.instances {
            self.knows(instance, &sales).await?;
        }
        Ok(sales)
    }

    async fn knows(&self, instance: &Instance, sales: &[i64]) -> Result<(), String> {
        /// Looks at most, 20 ms apart.
        const LOOKS_MAX: usize = 500;
        let client = crate::app::client().build().expect("client");
        let last = sales.last().expect("a sale");
        let url = format!("http://{}/api/v1/sale/now/?id={last}", instance.recipe.address);
        for _ in 0..LOOKS_MAX {
            if client.get(&url).send().await.is_ok_and(|answer| answer.status() == 200) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(format!("sale {last} is not known at {url}"))
    }

    /// What an id says; `None` when this shop never gave it out.
    pub fn read_id(signer: &Signer, text: &str) -> Option<Id> {
        let claim = signer.read(text)?;
        Some(claim.refusal.map_or(Id::Ticket(Ticket(claim.id.0)), Id::Refusal))
    }

    pub fn signer(&self) -> Arc<Signer> {
        Arc::new(self.signer.clone())
    }

    /// What the record says of the sales from `first` on, with the program's own audit.
    pub async fn facts(&self, first: i64) -> Facts {
        let mut facts = facts::read(&self.record.url, first).await.expect("the record can be read");
        let audit = Command::new(&self.program).args(["audit", "--database-url", &self.record.url]).output().expect("audit");
        if !audit.status.success() {
            facts.audit = format!("{}{}", String::from_utf8_lossy(&audit.stdout), String::from_utf8_lossy(&audit.stderr));
        }
        facts
    }

    /// Starts every instance that does not live.
    ///
    /// # Errors
    /// One does not start.
    pub async fn revive(&mut self) -> Result<(), String> {
        for instance in &mut self.instances {
            if !instance.is_alive() {
                instance.launch();
            }
        }
        for instance in &mut self.instances {
            instance.answers().await?;
        }
        Ok(())
    }
}

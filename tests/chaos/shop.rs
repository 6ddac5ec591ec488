//! A shop that faults strike: its processes, its database and Redis, its students.

use crate::{
    bystanders,
    dice::Dice,
    facts::{self, Facts},
    history::Ticket,
    outlet::Outlet,
    process::{Instance, Recipe},
    proxy::Proxy,
};
use qiangke::{
    server::{boot, clock::Clock, signer::Signer, store::NewSale},
    types::{
        ids::{CourseId, SaleId},
        money::Fen,
        sale::HOLD_S_MAX,
        sale::Reason,
    },
};
use std::{
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};
use support::{
    address::reserve,
    crowd::{Student, gather},
    database::{TestDatabase, setting},
    gateway::TestGateway,
    http::client,
    nginx::Nginx,
    redis::RedisServer,
    setup,
    setup::fill,
};
use tempfile::TempDir;

/// Students of a shop.
pub const STUDENTS: i64 = 2_000;
/// Instances where there can be several.
const INSTANCES: usize = 2;
/// A sale opened two days ago, so that a clock that jumps back by one is still within its window.
const OPENED_MS_AGO: i64 = 48 * 3_600_000;
/// It closes in two hours, so that a clock that jumps forth by one is, too, and one that jumps by
/// three is not.
const CLOSES_IN_MS: i64 = 2 * 3_600_000;
/// Whose seats are sold.
const COURSE: CourseId = CourseId(2);
/// Beyond the numbers of the seed's chapters and sections.
const FIRST_LESSON: i64 = 1_000_000;
/// What moves the clock of a process.
pub const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
/// SMS that no limit stops.
const SMS_MAX: &str = "1000000";
/// The browser's program, below the site's folder and below the shop's address.
pub const PROGRAM: &str = "pkg/qiangke.wasm";
/// Its bytes: what it has before it is compressed, about.
const PROGRAM_BYTES: usize = 256 * 1_024;
/// The proxy's configuration, below `deploy/`.
const SHIPPED: &str = "nginx.conf";
/// Room on a small disk, for a database with its log.
const SMALL_DISK: &str = "size=48m";

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
#[expect(
    clippy::struct_excessive_bools,
    reason = "each stands for itself, and any of them may go together"
)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Staging {
    /// The database's file lies on a disk of a few MB.
    pub small_disk: bool,
    /// The clock can be moved.
    pub false_clock: bool,
    /// A proxy stands before Redis.
    pub redis_proxy: bool,
    /// A proxy stands before PostgreSQL.
    pub postgres_proxy: bool,
    /// Clients go through nginx with `deploy/nginx.conf`.
    pub gate: bool,
    /// There is no Redis, and one instance.
    pub alone: bool,
    /// Seconds that a hold lasts, at a shop that is paid by a mock gateway; 0: nothing is paid, and
    /// holds outlast everything.
    pub hold_s: i64,
    /// Instances where there can be several; 0 says two.
    pub instances: usize,
    /// Connections at a time at most, with the larger part of them for an address; 0 says what the
    /// program says.
    pub connections_max: u32,
    /// Where the log goes. Elsewhere than to a file it has more words, too.
    pub outlet: Outlet,
}

impl Staging {
    /// How long a hold lasts.
    pub fn hold(&self) -> Duration {
        Duration::from_secs(self.hold_s.unsigned_abs())
    }
}

/// A disk of a few MB, in memory.
pub struct Disk {
    pub path: PathBuf,
}

impl Disk {
    /// A new one at `path`; `None` when this user may not mount one.
    pub fn mount(path: &Path) -> Option<Self> {
        std::fs::create_dir_all(path).ok()?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", SMALL_DISK, "none"])
            .arg(path)
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then(|| Self {
            path: path.to_path_buf(),
        })
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.path).status());
    }
}

/// What is dropped first stands first: processes before the disk that they write to.
pub struct Shop {
    pub gate: Option<Nginx>,
    pub instances: Vec<Instance>,
    pub disk: Option<Disk>,
    pub redis_proxy: Option<Proxy>,
    pub postgres_proxy: Option<Proxy>,
    /// Where seats are paid.
    pub gateway: Option<TestGateway>,
    /// What stands between the shop and its gateway.
    pub gateway_proxy: Option<Proxy>,
    pub staging: Staging,
    pub database: TestDatabase,
    pub folder: TempDir,
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
    pub async fn open(pair: Pair, staging: Staging, program: &Path) -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("chaos")
            .tempdir()
            .expect("a temporary folder");
        make_site(folder.path());
        let disk = staging
            .small_disk
            .then(|| Disk::mount(&folder.path().join("disk")).expect("it was tried before"));
        let database = match pair {
            Pair::Sqlite => TestDatabase::file(
                &disk
                    .as_ref()
                    .map_or(folder.path(), |disk| disk.path.as_path())
                    .join("shop.db"),
            ),
            Pair::Postgres => {
                TestDatabase::database(
                    &setting("QIANGKE_TEST_POSTGRES").expect("scripts/chaos.sh sets it"),
                    folder.path(),
                )
                .await
            }
        };
        fill(&database).await;
        let students = gather(&database, STUDENTS).await;
        let store = boot::open_store(&database.url).await.expect("the database");
        let signer = boot::signer(&store).await.expect("a key");
        store.close().await.expect("close");
        let redis = (pair == Pair::Postgres && !staging.alone).then(RedisServer::start);
        let redis_proxy = match redis.as_ref().filter(|_| staging.redis_proxy) {
            Some(redis) => Some(Proxy::before(address_in(&redis.url())).await),
            None => None,
        };
        let postgres_proxy = if staging.postgres_proxy {
            Some(Proxy::before(address_in(&database.url)).await)
        } else {
            None
        };
        let (gateway, gateway_proxy) = if staging.hold_s > 0 {
            let gateway = TestGateway::start(Clock::System).await;
            let proxy = Proxy::before(gateway.address).await;
            (Some(gateway), Some(proxy))
        } else {
            (None, None)
        };
        let mut shop = Self {
            gate: None,
            instances: Vec::new(),
            disk,
            redis_proxy,
            postgres_proxy,
            gateway,
            gateway_proxy,
            staging,
            database,
            folder,
            redis,
            students,
            program: program.to_path_buf(),
            signer,
        };
        let count = match (&shop.redis, staging.instances) {
            (None, _) => 1,
            (Some(_), 0) => INSTANCES,
            (Some(_), count) => count,
        };
        for number in 0..count {
            let mut instance = Instance::new(shop.recipe(number));
            instance.start().await?;
            shop.instances.push(instance);
        }
        shop.gate = staging
            .gate
            .then(|| Nginx::start(SHIPPED, &shop.addresses()));
        Ok(shop)
    }

    /// Where the instances listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.instances
            .iter()
            .map(|instance| *instance.recipe.address)
            .collect()
    }

    /// Where clients go: to the proxy where there is one.
    pub fn doors(&self) -> Vec<SocketAddr> {
        self.gate
            .as_ref()
            .map_or_else(|| self.addresses(), |gate| vec![gate.address()])
    }

    /// How a server of this shop is started: the `number`-th, at an address of its own.
    pub fn recipe(&self, number: usize) -> Recipe {
        let folder = self.folder.path();
        let mut flags = vec![
            "--database-url".into(),
            through(self.postgres_proxy.as_ref(), &self.database.url).into(),
            "--site-root".into(),
            folder.join("site").into_os_string(),
            "--sms-outbox".into(),
            self.outbox().into_os_string(),
        ];
        // Every visitor signs in, all from one address.
        flags.extend(
            [
                "--sms-address-hour",
                "--sms-network-day",
                "--sms-shop-day",
                "--sms-calm-minute",
            ]
            .into_iter()
            .flat_map(|flag| [flag.into(), SMS_MAX.into()]),
        );
        if let Some(redis) = &self.redis {
            flags.extend([
                "--redis-url".into(),
                through(self.redis_proxy.as_ref(), &redis.url()).into(),
            ]);
        }
        if let Some(gateway) = &self.gateway {
            let own = format!("http://{}", gateway.address);
            let flag = |flag: String| {
                if flag == own {
                    through(self.gateway_proxy.as_ref(), &flag).into()
                } else {
                    flag.into()
                }
            };
            flags.extend(gateway.flags().map(flag));
        }
        if self.staging.gate {
            flags.extend(["--trusted-proxies".into(), "127.0.0.1".into()]);
        }
        if self.staging.connections_max > 0 {
            let (all, address) = (
                self.staging.connections_max.to_string(),
                (self.staging.connections_max / 2).to_string(),
            );
            flags.extend([
                "--connections-max".into(),
                all.into(),
                "--connections-per-address".into(),
                address.into(),
            ]);
        }
        Recipe {
            program: self.program.clone(),
            address: reserve(),
            flags,
            environment: if self.staging.false_clock {
                self.false_clock()
            } else {
                Vec::new()
            },
            log: folder.join(format!("instance-{number}.log")),
            log_level: if self.staging.outlet == Outlet::File {
                "warn"
            } else {
                "info"
            },
            outlet: self.staging.outlet,
        }
    }

    /// Where the shop's SMS go.
    pub fn outbox(&self) -> PathBuf {
        self.folder.path().join("outbox.jsonl")
    }

    /// Moves the clock, by an offset like `+1h`.
    pub fn set_clock(&self, offset: &str) {
        // Renamed into its place: nobody reads half of it.
        let (new, path) = (
            self.folder.path().join("clock.new"),
            self.folder.path().join("clock"),
        );
        std::fs::write(&new, offset)
            .and_then(|()| std::fs::rename(&new, &path))
            .expect("the clock");
    }

    fn false_clock(&self) -> Vec<(OsString, OsString)> {
        self.set_clock("+0s");
        let clock = self.folder.path().join("clock").into_os_string();
        vec![
            ("LD_PRELOAD".into(), FAKETIME.into()),
            ("FAKETIME_TIMESTAMP_FILE".into(), clock),
            ("FAKETIME_NO_CACHE".into(), "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC".into(), "1".into()),
        ]
    }

    /// Opens sales that every instance knows, and gives their numbers.
    ///
    /// # Errors
    /// They are not known in time.
    pub async fn open_sales(&self, count: usize, seats: i64) -> Result<Vec<i64>, String> {
        // The database is closed again before anything strikes: a second process that has the file
        // open would spare the shop its recovery.
        let store = boot::open_store(&self.database.url)
            .await
            .map_err(|error| error.to_string())?;
        // What the last episode hid.
        bystanders::show(&store, true)
            .await
            .ok_or("the banner can't be shown")?;
        let now = Clock::System.now();
        let (course, hold_s) = if self.staging.hold_s > 0 {
            (self.new_course().await, self.staging.hold_s)
        } else {
            (COURSE, HOLD_S_MAX)
        };
        let mut sales = Vec::new();
        for _ in 0..count {
            let (opens_at, closes_at) = (now.plus(-OPENED_MS_AGO), now.plus(CLOSES_IN_MS));
            let sale = NewSale {
                course,
                price: Fen(990),
                stock: seats,
                opens_at,
                closes_at,
                hold_s,
            };
            sales.push(
                store
                    .create_sale(&sale, now)
                    .await
                    .map_err(|error| error.to_string())?
                    .expect("the course")
                    .0,
            );
        }
        store.close().await.map_err(|error| error.to_string())?;
        for instance in &self.instances {
            self.knows(instance, &sales).await?;
        }
        Ok(sales)
    }

    /// A course like the first, which nobody has yet.
    async fn new_course(&self) -> CourseId {
        let columns = "orders, is_show, is_delete, created_time, updated_time, name, course_img, course_type, brief, level,
             pub_date, period, attachment_path, status, students, sections, pub_sections, price_fen, course_category_id, teacher_id";
        let sql = format!(
            "insert into course (id, {columns}) select (select max(id) + 1 from course), {columns} from course where id = {}",
            COURSE.0
        );
        self.database.execute(&sql).await;
        let course = self.database.numbers("select max(id) from course").await[0];
        let (chapter, section) = (FIRST_LESSON + course, FIRST_LESSON + course);
        self.database
            .execute(&format!(
                "insert into chapter (id, orders, is_show, is_delete, created_time, updated_time, chapter, name, pub_date, course_id)
                 values ({chapter}, 1, true, false, 0, 0, 1, 'A', '2026-01-01', {course});
                 insert into section (id, orders, is_show, is_delete, created_time, updated_time, name, section_type, section_link, pub_date, free_trail, chapter_id)
                 values ({section}, 1, true, false, 0, 0, 'A', 0, 'https://example.com/a', 0, false, {chapter})"
            ))
            .await;
        CourseId(course)
    }

    /// Runs a command of the program, as an operator does.
    ///
    /// # Errors
    /// It fails; what it said.
    pub fn command(&self, words: &[&str]) -> Result<(), String> {
        let output = Command::new(&self.program)
            .args(words)
            .args(["--database-url", &self.database.url])
            .output();
        let output = output.map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(())
        } else {
            Err(format!(
                "{words:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            ))
        }
    }

    /// Adds seats to a sale, as `qiangke sale restock` does.
    ///
    /// # Errors
    /// The database does not take it.
    pub async fn restock(&self, sale: i64, seats: i64) -> Result<(), String> {
        let store = boot::open_store(&self.database.url)
            .await
            .map_err(|error| error.to_string())?;
        store
            .restock_sale(SaleId(sale), seats, Clock::System.now())
            .await
            .map_err(|error| error.to_string())?;
        store.close().await.map_err(|error| error.to_string())
    }

    async fn knows(&self, instance: &Instance, sales: &[i64]) -> Result<(), String> {
        /// Looks at most, 20 ms apart.
        const LOOKS_MAX: usize = 500;
        let client = client().build().expect("client");
        let last = sales.last().expect("a sale");
        let url = format!(
            "http://{}/api/v1/sale/now/?id={last}",
            instance.recipe.address
        );
        for _ in 0..LOOKS_MAX {
            if client
                .get(&url)
                .send()
                .await
                .is_ok_and(|answer| answer.status() == 200)
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(format!("sale {last} is not known at {url}"))
    }

    /// What an id says; `None` when this shop never gave it out.
    pub fn read_id(signer: &Signer, text: &str) -> Option<Id> {
        let claim = signer.read(text)?;
        Some(
            claim
                .refusal
                .map_or(Id::Ticket(Ticket(claim.id.0)), Id::Refusal),
        )
    }

    pub fn signer(&self) -> Arc<Signer> {
        Arc::new(self.signer.clone())
    }

    /// What the database says of these sales, with the program's own audit.
    pub async fn facts(&self, sales: &[i64]) -> Facts {
        let mut facts = facts::read(&self.database.url, sales)
            .await
            .expect("the database can be read");
        let audit = Command::new(&self.program)
            .args(["audit", "--database-url", &self.database.url])
            .output()
            .expect("audit");
        if !audit.status.success() {
            facts.audit = format!(
                "{}{}",
                String::from_utf8_lossy(&audit.stdout),
                String::from_utf8_lossy(&audit.stderr)
            );
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

/// The files of a build, the browser's program in its size.
fn make_site(folder: &Path) {
    setup::make_site(folder);
    let mut dice = Dice::new(PROGRAM_BYTES as u64);
    let program: Vec<u8> = (0..PROGRAM_BYTES / 8)
        .flat_map(|_| dice.roll().to_le_bytes())
        .collect();
    std::fs::write(folder.join("site").join(PROGRAM), program).expect("file");
}

/// The address in a URL like `redis://127.0.0.1:6379/0`.
fn address_in(url: &str) -> SocketAddr {
    place_in(url).parse().expect("an address")
}

fn place_in(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = rest.split('/').next().unwrap_or(rest);
    place.rsplit('@').next().unwrap_or(place)
}

/// The same URL, by way of the proxy where there is one.
fn through(proxy: Option<&Proxy>, url: &str) -> String {
    proxy.map_or_else(
        || url.to_owned(),
        |proxy| url.replace(place_in(url), &proxy.address.to_string()),
    )
}

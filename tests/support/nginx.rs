//! nginx with the configuration that is shipped, before instances of a test: on ports of
//! loopback that are its own, in a temporary folder, gone with the test. Of the shipped files only addresses, paths
//! and the number of workers are replaced.

use crate::{
    address::{ReservedAddress, reserve},
    source::here,
};
use std::{
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(10);
/// Where Debian installs it, which is on the path of root only.
const DEBIAN: &str = "/usr/sbin/nginx";
/// Worker processes: more than one, since each has a view of its own of the instances.
const WORKERS: &str = "2";
/// What the main files include.
pub const INCLUDED: [&str; 2] = ["nginx-shop.conf", "nginx-paths.conf"];
/// Directives whose first value is replaced: nothing else of the shipped files is.
pub const REPLACED: [&str; 8] = [
    "access_log",
    "error_log",
    "listen",
    "pid",
    "server",
    "ssl_certificate",
    "ssl_certificate_key",
    "worker_processes",
];
/// Folders that are put below the test's own; the program creates them all at its start, used or
/// not.
const TEMPORARY: [&str; 5] = ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"];

/// A running nginx.
pub struct Nginx {
    process: Child,
    places: Places,
    folder: TempDir,
}

/// Where what the shipped files name is in this test.
struct Places {
    /// Of the shop.
    shop: ReservedAddress,
    /// Of the redirect to TLS, with the file that has TLS.
    plain: ReservedAddress,
    instances: Vec<SocketAddr>,
    folder: PathBuf,
}

impl Nginx {
    /// Starts it with `deploy/<main>`, before these instances.
    pub fn start(main: &str, instances: &[SocketAddr]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        open_to_workers(folder.path());
        let places = Places {
            shop: reserve(),
            plain: reserve(),
            instances: instances.to_vec(),
            folder: folder.path().to_owned(),
        };
        if main.contains("tls") {
            certify(folder.path());
        }
        for name in [main].iter().chain(&INCLUDED) {
            fs::write(folder.path().join(name), places.replace(&shipped(name)))
                .expect("the configuration");
        }
        let process = Command::new(if Path::new(DEBIAN).exists() {
            DEBIAN
        } else {
            "nginx"
        })
        .arg("-p")
        .arg(folder.path())
        .arg("-c")
        .arg(folder.path().join(main))
        .args(["-e", "stderr", "-g", "daemon off;"])
        .stdin(Stdio::null())
        .spawn()
        .expect("nginx is installed");
        let mut nginx = Self {
            process,
            places,
            folder,
        };
        let since = Instant::now();
        // It listens at one after the other.
        let (shop, plain) = (nginx.address(), nginx.plain_address());
        let addresses = if main.contains("tls") {
            vec![shop, plain]
        } else {
            vec![shop]
        };
        while addresses
            .iter()
            .any(|address| TcpStream::connect(address).is_err())
        {
            let ended = nginx.process.try_wait().expect("wait");
            assert!(
                ended.is_none() && since.elapsed() < PATIENCE,
                "nginx does not start: {ended:?}"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        nginx
    }

    /// Where it serves the shop.
    pub fn address(&self) -> SocketAddr {
        *self.places.shop
    }

    /// Where browsers come that did not ask for TLS, with the file that has it.
    pub fn plain_address(&self) -> SocketAddr {
        *self.places.plain
    }

    /// A file of its folder: `access.log`, `error.log`, `tls.crt`.
    pub fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }
}

/// It is told to end, and not killed: that would leave its workers.
impl Drop for Nginx {
    fn drop(&mut self) {
        drop(
            Command::new("kill")
                .args(["-TERM", &self.process.id().to_string()])
                .status(),
        );
        drop(self.process.wait());
    }
}

impl Places {
    /// The configuration for this test.
    fn replace(&self, text: &str) -> String {
        let mut lines = Vec::new();
        for line in text.lines() {
            lines.extend(self.replace_line(line));
            if line.trim() == "http {" {
                lines.extend(
                    TEMPORARY.map(|name| {
                        format!("{name}_temp_path {};", self.folder.join(name).display())
                    }),
                );
            }
        }
        lines.join("\n") + "\n"
    }

    /// A line with the first value of its directive replaced; an instance's line for each that it
    /// stands for.
    fn replace_line(&self, line: &str) -> Vec<String> {
        let mut words = line.trim().trim_end_matches(';').split(' ');
        let (Some(directive), Some(value)) = (
            words.next().filter(|word| REPLACED.contains(word)),
            words.next(),
        ) else {
            return vec![line.to_owned()];
        };
        self.values(directive, value)
            .iter()
            .map(|new| line.replacen(value, new, 1))
            .collect()
    }

    /// What stands in the place of a directive's value.
    fn values(&self, directive: &str, value: &str) -> Vec<String> {
        let file = |name: &str| vec![self.folder.join(name).display().to_string()];
        match (directive, value) {
            ("worker_processes", _) => vec![WORKERS.to_owned()],
            ("pid", _) => file("nginx.pid"),
            ("access_log", _) => file("access.log"),
            ("error_log", _) => file("error.log"),
            ("ssl_certificate", _) => file("tls.crt"),
            ("ssl_certificate_key", _) => file("tls.key"),
            ("listen", "80") => vec![self.plain.to_string()],
            ("listen", "[::]:80") => vec![also(*self.plain)],
            ("listen", "8080" | "443") => vec![self.shop.to_string()],
            ("listen", "[::]:8080" | "[::]:443") => vec![also(*self.shop)],
            // The first line of two stands for the first instance, the second one for the others.
            ("server", "shop-1:3000") => self
                .instances
                .iter()
                .take(1)
                .map(SocketAddr::to_string)
                .collect(),
            ("server", "shop-2:3000") => self
                .instances
                .iter()
                .skip(1)
                .map(SocketAddr::to_string)
                .collect(),
            // `server {` opens a block.
            _ => vec![value.to_owned()],
        }
    }
}

/// A file of `deploy/`.
pub fn shipped(name: &str) -> String {
    fs::read_to_string(here("deploy").join(name)).expect("a shipped file")
}

/// The same port of IPv6; where there is none, of another address of loopback.
fn also(address: SocketAddr) -> String {
    let has_six = TcpListener::bind("[::1]:0").is_ok();
    format!(
        "{}:{}",
        if has_six { "[::1]" } else { "127.0.0.2" },
        address.port()
    )
}

/// Workers run as another user when root starts them.
fn open_to_workers(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("the folder is ours");
}

/// A certificate for `shop.example` that nobody else trusts.
fn certify(folder: &Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args([
            "-subj",
            "/CN=shop.example",
            "-addext",
            "subjectAltName=DNS:shop.example",
            "-keyout",
            "tls.key",
            "-out",
            "tls.crt",
        ])
        .current_dir(folder)
        .stderr(Stdio::null())
        .status();
    assert!(
        made.expect("openssl is installed").success(),
        "a certificate"
    );
}

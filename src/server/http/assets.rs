//! The built site: files of `public/` and the browser's program, served from memory.

use super::{encoded_body::EncodedBody, headers};
use crate::server::config::Serve;
use anyhow::{Context as _, bail};
use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use percent_encoding::percent_decode_str;
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

/// Bytes of all files at most.
const SITE_MAX: u64 = 64 << 20;
/// A hashed name's content never changes.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Pictures and icons keep their names: a day, then ask.
const A_DAY: &str = "public, max-age=86400";
/// Which links a browser may fetch before they are followed.
const SPECULATION_RULES: &str = "speculation-rules.json";
/// The same name may be other bytes after the next build.
const ASK: &str = "public, no-cache";

/// Every file of the site.
pub struct Assets {
    files: HashMap<String, EncodedBody>,
    security: HeaderMap,
    root: PathBuf,
    /// Read from the disk for each request: while `cargo leptos watch` rebuilds.
    watch: bool,
}

impl Assets {
    /// Reads the site's folder.
    ///
    /// # Errors
    /// There is no built site, or it is larger than any site of this shop.
    pub fn load(config: &Serve) -> anyhow::Result<Self> {
        let (root, watch) = (config.site_root.as_path(), config.watch.is_some());
        let mut assets = Self {
            files: HashMap::new(),
            security: headers::security(config),
            root: root.to_owned(),
            watch,
        };
        let mut bytes = 0;
        anyhow::ensure!(
            root.try_exists()
                .with_context(|| format!("the site {} can't be reached", root.display()))?,
            "there is no site at {}: build it with `make build`, or set LEPTOS_SITE_ROOT",
            root.display()
        );
        assets.read_folder(root, "", &mut bytes)?;
        // While the site is rebuilt, it may come a moment later.
        anyhow::ensure!(
            watch || assets.pkg(".css").is_some(),
            "{} is no built site, since it has no pkg/qiangke.css: build one with `make build`, or correct LEPTOS_SITE_ROOT",
            root.display()
        );
        Ok(assets)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str, bytes: &mut u64) -> anyhow::Result<()> {
        let unread = |path: &Path| format!("the site's {} can't be read", path.display());
        for entry in std::fs::read_dir(folder).with_context(|| unread(folder))? {
            let entry = entry?;
            let name = entry
                .file_name()
                .into_string()
                .map_err(|name| anyhow::anyhow!("{} is no UTF-8 name", name.display()))?;
            let path = format!("{prefix}/{name}");
            if entry.file_type()?.is_dir() {
                self.read_folder(&entry.path(), &path, bytes)?;
            } else if !name.ends_with(".br") && !name.ends_with(".gz") {
                *bytes += entry.metadata()?.len();
                if *bytes > SITE_MAX {
                    bail!("the site has more than {SITE_MAX} bytes");
                }
                let file = self.read(&entry.path(), prefix, &name);
                self.files
                    .insert(path, file.with_context(|| unread(&entry.path()))?);
            }
        }
        Ok(())
    }

    /// The path of the one file `pkg/qiangke[.HASH].EXTENSION`; the newest name when a build left
    /// older ones.
    pub fn pkg(&self, extension: &str) -> Option<String> {
        let fits = |path: &&String| {
            path.strip_prefix("/pkg/qiangke")
                .is_some_and(|rest| rest.ends_with(extension) && rest.starts_with('.'))
        };
        self.files
            .keys()
            .filter(fits)
            .max_by_key(|path| {
                std::fs::metadata(self.root.join(&path[1..]))
                    .and_then(|meta| meta.modified())
                    .ok()
            })
            .cloned()
    }

    /// Whether there is a file at a path like `/media/empty.svg`.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// The file of a path as a request has it: names of other scripts stand there escaped.
    pub(super) fn answer(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        let path = &*percent_decode_str(path).decode_utf8().ok()?;
        if self.watch {
            // The paths of the files that were there at start, so that no path leads out of the
            // folder.
            let (prefix, name) = path.rsplit_once('/')?;
            self.files.get(path)?;
            return self
                .read(&self.root.join(&path[1..]), prefix, name)
                .ok()
                .map(|file| file.answer(headers));
        }
        self.files.get(path).map(|file| file.answer(headers))
    }

    fn read(&self, path: &Path, prefix: &str, name: &str) -> anyhow::Result<EncodedBody> {
        let plain = std::fs::read(path)?;
        let beside = |extension: &str| {
            let mut beside = path.as_os_str().to_owned();
            beside.push(extension);
            std::fs::read(beside).ok()
        };
        let is_hashed = prefix == "/pkg" && name.split('.').count() > 2;
        let cache = match prefix {
            _ if is_hashed => FOREVER,
            "/pkg" | "" => ASK,
            _ => A_DAY,
        };
        let mut fields = self.security.clone();
        fields.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(media_type(name)),
        );
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        Ok(EncodedBody::with(
            plain,
            beside(".gz"),
            beside(".br"),
            fields,
        ))
    }
}

/// What a site of this shop is made of.
fn media_type(name: &str) -> &'static str {
    if name == SPECULATION_RULES {
        return "application/speculationrules+json";
    }
    match name
        .rsplit('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "avif" => "image/avif",
        "css" => "text/css; charset=utf-8",
        "gif" => "image/gif",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/vnd.microsoft.icon",
        "jpeg" | "jpg" => "image/jpeg",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "webp" => "image/webp",
        _ => "application/octet-stream",
    }
}

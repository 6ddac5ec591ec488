//! Dumps as people have them: what each program writes is read as that program means it, whatever else is in the file.

use crate::record::Record;
use qiangke::{
    server::{
        boot,
        import::{self, Escapes, ImportError, Outcome, Progress, SEED, Terms},
        store::{Guard, Store, Table},
    },
    types::ids::CourseId,
};
use std::{
    fmt::Write as _,
    fs,
    io::{self, Cursor, Read, Write as _},
    process::{Command, Output, Stdio},
    sync::Arc,
};
use tempfile::TempDir;

/// A shop's record in a folder of its own.
struct Shop {
    store: Store,
    record: Record,
    folder: TempDir,
}

const NAMES: &str = "select name from category order by id";
const STAMPS: &str = "'2024-03-01 10:00:00.000000', '2024-03-01 10:00:00.000000'";
const COLUMNS: &str = "id, orders, is_show, is_delete, created_time, updated_time, name";

impl Shop {
    async fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let record = Record::new(folder.path()).await;
        let store = boot::open_store(&record.url, Guard::On).await.expect("a record");
        store.migrate(&[7; 32]).await.expect("tables");
        Self { store, record, folder }
    }

    async fn with(sql: &str) -> Self {
        let shop = Self::new().await;
        shop.take(sql, Terms::default()).await;
        shop
    }

    async fn seeded() -> Self {
        Self::with(SEED[0]).await
    }

    async fn try_take(&self, sql: impl Into<Vec<u8>>, terms: Terms) -> Result<Outcome, ImportError> {
        import::take(&self.store, Cursor::new(sql.into()), terms, Arc::default()).await
    }

    async fn take(&self, sql: &str, terms: Terms) -> Outcome {
        self.try_take(sql, terms).await.unwrap_or_else(|error| panic!("{sql}\n{error}"))
    }

    async fn refusal(&self, sql: impl Into<Vec<u8>>, terms: Terms) -> String {
        self.try_take(sql, terms).await.expect_err("a refusal").to_string()
    }

    async fn names(&self) -> Vec<String> {
        self.record.texts(NAMES).await
    }

    /// Runs `qiangke import` with this on its standard input.
    fn command(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut program = Command::new(env!("CARGO_BIN_EXE_qiangke"))
            .arg("import")
            .args(arguments)
            .args(["--database-url", &self.record.url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // One that does not read its input closes it.
        drop(program.stdin.take().expect("an input").write_all(input));
        program.wait_with_output().expect("the program ends")
    }
}

const UPDATE: Terms = Terms { update: true, dry_run: false, escapes: None };

fn category(id: i64, name: &str) -> String {
    format!("INSERT INTO luffy_course_category ({COLUMNS}) VALUES ({id}, {id}, 1, 0, {STAMPS}, '{name}');\n")
}

fn teacher(table: &str, signature: &str) -> String {
    format!(
        "INSERT INTO {table} (id, orders, is_show, is_delete, created_time, updated_time, name, role, title, signature, brief)
         VALUES (90, 90, 1, 0, {STAMPS}, 'Ada', 0, 't', {signature}, 'b');\n"
    )
}

fn inserted(outcome: &Outcome, table: Table) -> u64 {
    outcome.counts.iter().find(|(of, _)| *of == table).expect("every table").1.inserted
}

const MYSQLDUMP: &str = r"/*M!999999\- enable the sandbox mode */
-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Host: localhost    Database: luffy
-- ------------------------------------------------------
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;

DROP TABLE IF EXISTS `luffy_course_category`;
CREATE TABLE `luffy_course_category` (
  `id` bigint NOT NULL AUTO_INCREMENT,
  `is_delete` tinyint(1) NOT NULL DEFAULT '0' COMMENT 'gone, or `not`; (1)',
  `is_show` tinyint(1) NOT NULL,
  `created_time` datetime(6) NOT NULL,
  `updated_time` datetime(6) NOT NULL,
  `orders` int NOT NULL,
  `name` varchar(64) CHARACTER SET utf8mb4 NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `name` (`name`)
) ENGINE=InnoDB AUTO_INCREMENT=92 DEFAULT CHARSET=utf8mb4;

LOCK TABLES `luffy_course_category` WRITE;
/*!40000 ALTER TABLE `luffy_course_category` DISABLE KEYS */;
INSERT INTO `luffy_course_category` VALUES (90,0,1,'2024-03-01 10:00:00.000000','2024-03-01 10:00:00.000000',90,'it\'s'),(91,0,1,'2024-03-01 10:00:00.000000','2024-03-01 10:00:00.000000',91,'C:\\new');
/*!40000 ALTER TABLE `luffy_course_category` ENABLE KEYS */;
UNLOCK TABLES;
INSERT INTO `auth_group` VALUES (1,'a \'(\' \\'),(2,'b');
/*!50003 SET sql_mode = 'x' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `t` AFTER INSERT ON `x` FOR EACH ROW BEGIN
  INSERT INTO luffy_course_category VALUES (1,2,3);
  UPDATE luffy_course_category SET name = 'x';
END */;;
DELIMITER ;
-- Dump completed on 2024-03-01 10:00:00
";

#[tokio::test]
async fn a_dump_of_mysqldump_is_taken_as_it_is() {
    let shop = Shop::new().await;
    let outcome = shop.take(MYSQLDUMP, Terms::default()).await;
    assert_eq!(shop.names().await, ["it's", r"C:\new"]);
    assert_eq!(shop.record.numbers("select orders from category order by id").await, [90, 91], "CREATE TABLE says the order");
    assert_eq!(outcome.others.tables.get("auth_group"), Some(&2));
    assert!(!outcome.is_cut_short && outcome.to_string().ends_with("passed over, rows of other tables: 2 (auth_group: 2)"), "{outcome}");
    let cut = MYSQLDUMP.split("-- Dump completed").next().expect("a beginning");
    assert!(shop.take(cut, Terms::default()).await.to_string().ends_with("was it cut off?"));
}

#[tokio::test]
async fn each_program_s_way_to_write_a_row_is_read() {
    let values = format!("90, 90, 1, 0, {STAMPS}, '烘焙'");
    let navicat = "/*\nNavicat MySQL Data Transfer\nFile Encoding : 65001\n*/\nSET FOREIGN_KEY_CHECKS=0;\n-- Records of x\n";
    let quoted = "('90', '90', '1', '0', '2024-03-01 10:00:00.000000', '2024-03-01 10:00:00.000000', '烘焙')";
    let created = "CREATE TABLE IF NOT EXISTS \"luffy_course_category\" (\"id\" integer NOT NULL PRIMARY KEY, \"orders\" integer,
        \"is_show\" bool NOT NULL, \"is_delete\" bool, \"created_time\" datetime, \"updated_time\" datetime, \"name\" varchar(64) UNIQUE,
        CONSTRAINT \"c\" CHECK (orders > 0));\n";
    for sql in [
        format!("{navicat}INSERT INTO `luffy_course_category` VALUES (\n{quoted});").replace("VALUES (\n(", "VALUES (").replace("));", ");").replace(
            "`luffy_course_category` VALUES",
            "`luffy_course_category` (`id`, `orders`, `is_show`, `is_delete`, `created_time`, `updated_time`, `name`) VALUES",
        ),
        format!("INSERT INTO luffy.luffy_course_category ({COLUMNS}) VALUES\n\t ({values});"),
        format!("INSERT INTO `luffy`.`luffy_course_category` ({COLUMNS}) VALUES ({values});"),
        format!("INSERT INTO public.luffy_course_category ({COLUMNS}) OVERRIDING SYSTEM VALUE VALUES ({values});"),
        format!("INSERT INTO \"public\".\"luffy_course_category\" ({COLUMNS}) VALUES ({values});"),
        format!("# categories\nINSERT INTO luffy_course_category ({COLUMNS}) VALUES ({values}); # one"),
        format!("/* the shop's tables /* as of March */ INSERT INTO luffy_course_category ({COLUMNS}) VALUES ({values})"),
        format!("INSERT IGNORE INTO luffy_course_category ({COLUMNS}) VALUES ({values});"),
        format!("INSERT LOW_PRIORITY luffy_course_category ({COLUMNS}) VALUE ROW({values});"),
        format!("INSERT OR REPLACE INTO luffy_course_category ({COLUMNS}) VALUES ({values});"),
        format!("REPLACE INTO luffy_course_category ({COLUMNS}) VALUES ({values});"),
        format!("INSERT INTO luffy_course_category ({COLUMNS}) VALUES ({values}) ON DUPLICATE KEY UPDATE name = VALUES(name), id = (1);"),
        format!("INSERT INTO luffy_course_category ({COLUMNS}) VALUES ({values}) ON CONFLICT DO NOTHING;"),
        format!("INSERT /*!50000 IGNORE */ INTO luffy_course_category ({COLUMNS}) VALUES ({values}) RETURNING id;"),
        format!("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n{created}INSERT INTO luffy_course_category VALUES({values});
            DELETE FROM sqlite_sequence;\nINSERT INTO sqlite_sequence VALUES('x',1);
            CREATE TRIGGER t AFTER INSERT ON x BEGIN INSERT INTO luffy_course_category VALUES (1); END;\nCOMMIT;"),
        format!("\\restrict abc\nSET standard_conforming_strings = on;\nSELECT pg_catalog.set_config('search_path', '', false);
            CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $_$ begin insert into luffy_course_category values (1); end $_$;
            INSERT INTO public.luffy_course_category ({COLUMNS}) VALUES ({values});
            SELECT pg_catalog.setval('public.x', 90, true);\n\\unrestrict abc\n").replace("\n            ", "\n"),
        format!("COPY public.luffy_course_category ({COLUMNS}) FROM stdin;\n90\t90\tt\tf\t2024-03-01 02:00:00+00\t2024-03-01 10:00:00+08\t烘焙\n\\.\n
            COPY public.auth_group (id, name) FROM stdin;\n1\ta\n2\t\\N\n\\.\n"),
        format!("SET NAMES utf8mb4;\r\nSTART TRANSACTION;\r\nTRUNCATE TABLE luffy_course_category;\r\nDELETE FROM luffy_course_category;\r\n
            INSERT INTO luffy_course_category ({COLUMNS}) VALUES\r\n({values});\r\nALTER TABLE `luffy_course_category`\r\n  ADD PRIMARY KEY (`id`);\r\nCOMMIT;\r\n"),
        format!("INSERT INTO luffy_course_category ({COLUMNS}) VALUES (90, +90, true, b'0', _utf8mb4{STAMPS}, N'烘' '焙');"),
    ] {
        let shop = Shop::new().await;
        let outcome = shop.take(&sql, Terms::default()).await;
        assert_eq!((shop.names().await, inserted(&outcome, Table::Category)), (vec!["烘焙".to_owned()], 1), "{sql}");
        assert_eq!(shop.record.numbers("select created_time from category where is_show and not is_delete").await, [1_709_258_400_000], "{sql}");
    }
}

#[tokio::test]
async fn a_backslash_means_what_the_writer_means_by_it() {
    const SIGNATURE: &str = "select signature from teacher where id = 90";
    let escaped = r#"'说\"慢\"\r\nC:\\新'"#;
    let (mysql, standard) = ("说\"慢\"\r\nC:\\新", r#"说\"慢\"\r\nC:\\新"#);
    for (header, table, text, expected) in [
        ("", "`luffy_teacher`", escaped, mysql),
        ("-- MySQL dump 10.13\n", "luffy_teacher", escaped, mysql),
        ("/*\n Navicat Premium Data Transfer\n Source Server Type    : MySQL\n*/\n", "luffy_teacher", escaped, mysql),
        ("/*!40101 SET NAMES utf8 */;\n", "luffy_teacher", escaped, mysql),
        ("CREATE TABLE t (id int) ENGINE=InnoDB;\n", "luffy_teacher", escaped, mysql),
        ("", "`luffy_teacher`", r#""it's \"so\"""#, "it's \"so\""),
        ("", "luffy_teacher", r#""it's \"so\"""#, "it's \"so\""),
        ("SET FOREIGN_KEY_CHECKS=0;\n", "luffy_teacher", escaped, mysql),
        ("SET @OLD_SQL_MODE=@@SQL_MODE;\n", "luffy_teacher", escaped, mysql),
        ("-- PostgreSQL database dump\n", "luffy_teacher", escaped, standard),
        ("SET standard_conforming_strings = on;\n", "luffy_teacher", escaped, standard),
        ("PRAGMA foreign_keys=OFF;\n", "luffy_teacher", escaped, standard),
        ("", "\"luffy_teacher\"", escaped, standard),
        ("", "public.luffy_teacher", escaped, standard),
        ("", "public.luffy_teacher", r"E'a\'b\nc'", "a'b\nc"),
        ("PRAGMA foreign_keys=OFF;\n", "luffy_teacher", r"replace('a\nb','\n',char(10))", "a\nb"),
        // No program of MySQL writes such a backslash.
        ("", "luffy_teacher", r"'2016\2017'", r"2016\2017"),
    ] {
        let shop = Shop::with(&(header.to_owned() + &teacher(table, text))).await;
        assert_eq!(shop.record.texts(SIGNATURE).await, [expected], "{header}{table} {text}");
    }
    for text in [escaped, r"'C:\new'", r"'it\'s'", r"'a\\b'"] {
        let shop = Shop::new().await;
        let refusal = shop.refusal(teacher("luffy_teacher", text), Terms::default()).await;
        assert!(refusal.contains("line 2, column") && refusal.contains("--escapes mysql"), "{text}: {refusal}");
        assert!(refusal.contains("--escapes standard") && refusal.contains("nothing was written"), "{text}: {refusal}");
    }
    for (escapes, expected) in [(Escapes::Mysql, mysql), (Escapes::Standard, standard)] {
        let shop = Shop::new().await;
        shop.take(&teacher("`luffy_teacher`", escaped), Terms { escapes: Some(escapes), ..Terms::default() }).await;
        assert_eq!(shop.record.texts(SIGNATURE).await, [expected], "the operator's word counts");
    }
}

#[tokio::test]
async fn an_update_changes_only_the_columns_that_the_file_names() {
    let shop = Shop::seeded().await;
    let course = async || {
        let of = shop.store.course(CourseId(2)).await.expect("a read").expect("a course").course;
        (of.name, of.price.0, of.students, of.course_img, of.teacher.map(|teacher| teacher.name))
    };
    let before = course().await;
    let sql = "INSERT INTO luffy_course (id, orders, created_time, name) VALUES (2, 2, '2022-07-14 13:56:05.051103', 'Python 第二版');";
    let refusal = shop.refusal(sql, Terms::default()).await;
    assert_eq!(refusal.lines().count(), 2, "only the name differs: {refusal}");
    assert!(refusal.contains("luffy_course.name: row 2 stands with"), "{refusal}");
    shop.take(sql, UPDATE).await;
    assert_eq!(course().await, ("Python 第二版".to_owned(), before.1, before.2, before.3.clone(), before.4.clone()));
    shop.take("INSERT INTO luffy_course (id, price) VALUES (2, 1.50), (3, DEFAULT);", UPDATE).await;
    assert_eq!(course().await, ("Python 第二版".to_owned(), 150, before.2, before.3, before.4));

    shop.record.execute("update category set is_show = false, is_delete = true where id = 2").await;
    let sql =
        "INSERT INTO luffy_course_category (id, orders, created_time, name) VALUES (2, 2, '2022-07-14 13:41:08.249735', 'Linux 运维');";
    let outcome = shop.take(sql, UPDATE).await;
    assert_eq!(outcome.counts[1].1.updated, 1);
    assert_eq!(shop.record.numbers("select id from category where is_delete and not is_show").await, [2], "hidden stays hidden");
    assert_eq!(shop.take(sql, UPDATE).await.counts[1].1.unchanged, 1);

    // A row that is new needs what has no default.
    let refusal = shop.refusal("INSERT INTO luffy_course (id, price) VALUES (2, 1.50), (9, 1.50);", UPDATE).await;
    for column in ["orders", "created_time", "name"] {
        assert!(refusal.contains(&format!("line 1, column 1: luffy_course.{column}: the column is missing")), "{refusal}");
    }
}

#[tokio::test]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let shop = Shop::seeded().await;
    let version = shop.store.catalog_version().await.expect("a version");
    let sql = category(7, "New") + "INSERT INTO luffy_course (id, price) VALUES (2, 1.50);";
    let terms = Terms { update: true, dry_run: true, escapes: None };
    let said = shop.take(&sql, terms).await.to_string();
    assert!(said.contains("category: 1 would be added, 0 would be updated, 0 unchanged"), "{said}");
    assert!(said.contains("course: 0 would be added, 1 would be updated, 0 unchanged"), "{said}");
    assert!(said.contains("luffy_course.price: row 2 stands with 99.00, the file has 1.50"), "{said}");
    assert!(said.ends_with("nothing was written: --dry-run"), "{said}");
    assert_eq!(shop.names().await, ["Python", "Linux"]);
    assert_eq!(shop.store.catalog_version().await.expect("a version"), version);
    assert!(shop.refusal(sql, Terms { update: false, ..terms }).await.contains("row 2 stands with 99.00"));
}

#[tokio::test]
async fn a_file_without_a_row_is_no_success() {
    let shop = Shop::new().await;
    for (sql, said) in [
        ("", "the file has no row of the catalogue"),
        ("-- MySQL dump 10.13\nSET NAMES utf8;\n", "the file has no row of the catalogue"),
        ("INSERT INTO ly_course VALUES (1), (2);", "the file has no row of the catalogue, only rows of other tables: 2 (ly_course: 2)"),
        ("INSERT INTO luffy_course(id) VALUES", "line 1, column 36: luffy_course: can't be read: ( expected, found the end of the file"),
    ] {
        let refusal = shop.refusal(sql, Terms::default()).await;
        assert!(refusal.starts_with(said), "{sql}: {refusal}");
    }
    for arguments in [["/dev/null"].as_slice(), &["-"], &["/dev/stdin", "--dry-run"]] {
        let output = shop.command(arguments, b"");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("the file has no row of the catalogue"), "{output:?}");
    }
    let output = shop.command(&["-"], category(1, "Piped").as_bytes());
    assert!(output.status.success() && output.stdout.starts_with(b"teacher: 0 added"), "{output:?}");
    assert_eq!(shop.names().await, ["Piped"]);
    let output = shop.command(&["--escapes", "mysql", "-"], category(2, r"it\'s").as_bytes());
    assert!(output.status.success(), "{output:?}");
    assert_eq!(shop.names().await, ["Piped", "it's"]);
}

#[tokio::test]
async fn what_is_no_sql_text_is_named() {
    let shop = Shop::new().await;
    for (bytes, said) in [
        (b"\x1f\x8b\x08\x00".as_slice(), "the file is compressed: gunzip it first"),
        (b"\xff\xfe-\0-\0", "the file is UTF-16"),
        (b"SQLite format 3\0", "the file is a database of SQLite"),
    ] {
        assert!(shop.refusal(bytes, Terms::default()).await.starts_with(said));
    }
    let (before, after) = (category(1, "x"), category(2, "好"));
    let (before, after) = (before.as_bytes(), after.replace('好', "\u{1}").into_bytes());
    let latin: Vec<u8> = after.iter().map(|byte| if *byte == 1 { 0xba } else { *byte }).collect();
    let refusal = shop.refusal([before, &latin].concat(), Terms::default()).await;
    assert!(refusal.starts_with("line 2, column") && refusal.contains("category.name: the text is not UTF-8"), "{refusal}");
    // Elsewhere it does not matter: other tables have texts of any bytes.
    let blob = [before, b"INSERT INTO files VALUES (1, _binary '\xff\x00\xba', X'00ff');"].concat();
    assert_eq!(shop.try_take(blob, Terms::default()).await.expect("taken").others.rows, 1);
    let folder = fs::File::open(shop.folder.path()).expect("a folder");
    let refused = import::take(&shop.store, folder, Terms::default(), Arc::default()).await;
    assert!(matches!(refused, Err(ImportError::File(_))), "{refused:?}");
}

#[tokio::test]
async fn a_banner_may_lead_to_a_site_without_tls() {
    let sql = format!(
        "INSERT INTO luffy_banner (id, orders, is_show, is_delete, created_time, updated_time, title, image, link, info)
         VALUES (90, 90, 1, 0, {STAMPS}, '开学', 'banner/a.png', 'http://school.example/', '九月一日');"
    );
    let shop = Shop::with(&sql).await;
    assert_eq!(shop.record.texts("select link from banner").await, ["http://school.example/"]);
}

#[tokio::test]
async fn a_column_that_no_table_has_is_said_once() {
    let sql: String = (1..=30)
        .map(|id| format!("INSERT INTO luffy_course_category ({COLUMNS}, colour) VALUES ({id}, 1, 1, 0, {STAMPS}, 'n{id}', 'red');\n"))
        .collect();
    let refusal = Shop::new().await.refusal(sql, Terms::default()).await;
    assert_eq!(refusal.lines().count(), 2, "{refusal}");
    assert!(refusal.starts_with("line 1, column 1: luffy_course_category.colour: the table has no such column"), "{refusal}");
}

#[tokio::test]
async fn rows_that_repeat_a_number_or_a_name_are_named_with_the_first() {
    let sql = category(1, "One") + &category(2, "Two") + &category(1, "Again") + &category(3, "Two") + &category(1, "And again");
    let refusal = Shop::new().await.refusal(sql, Terms::default()).await;
    let said: Vec<_> = refusal.lines().collect();
    assert_eq!(said.len(), 4, "{refusal}");
    assert!(said[0].starts_with("line 3, ") && said[0].contains("luffy_course_category.id: number 1 stands already in line 1, column "));
    assert!(said[1].starts_with("line 4, ") && said[1].contains("luffy_course_category.name: the name Two stands already in line 2, "));
    assert!(said[2].starts_with("line 5, ") && said[2].contains("number 1 stands already in line 1, "), "{refusal}");
}

#[tokio::test]
async fn a_row_has_a_limit_and_a_file_has_none() {
    let shop = Shop::new().await;
    let long = "长".repeat(import::ROW_MAX / 3 + 1);
    let refusal = shop.refusal(category(1, "a") + &category(2, &long), Terms::default()).await;
    assert!(refusal.starts_with("line 2, column") && refusal.contains("the row has more than 1024 KiB"), "{refusal}");
    // Not those of other tables.
    let sql = format!("INSERT INTO blobs VALUES ('{long}');\n{}", category(1, "a"));
    assert_eq!(shop.take(&sql, Terms::default()).await.others.rows, 1);
}

/// A shop of many courses as mysqldump writes it: a chapter and three sections each, all rows of a table in one statement.
struct Catalogue {
    courses: u64,
    /// What a course says of itself.
    brief: String,
    part: u8,
    next: u64,
    ready: Cursor<Vec<u8>>,
}

impl Catalogue {
    fn new(courses: u64, brief: usize) -> Self {
        Self { courses, brief: "课".repeat(brief / 3), part: 0, next: 0, ready: Cursor::default() }
    }

    /// The next rows.
    fn write(&mut self) -> String {
        const ROWS: u64 = 500;
        let table = ["luffy_course", "luffy_course_chapter", "luffy_course_section"];
        let columns = ["course_type, brief, price", "chapter, course_id", "section_link, chapter_id"];
        let Some(table) = table.get(usize::from(self.part)) else { return String::new() };
        let all = if self.part == 2 { self.courses * 3 } else { self.courses };
        let mut sql = String::new();
        if self.next == 0 {
            let _ = write!(sql, "INSERT INTO `{table}` ({COLUMNS}, {}) VALUES ", columns[usize::from(self.part)]);
        }
        for id in self.next + 1..=all.min(self.next + ROWS) {
            let comma = if id == 1 { "" } else { "," };
            let _ = write!(sql, "{comma}({id},{id},1,0,{STAMPS},'第{id}课',");
            let _ = match self.part {
                0 => write!(sql, "0,'{}',9.90)", self.brief),
                1 => write!(sql, "1,{id})"),
                _ => write!(sql, "'https://video.example/{id}',{})", (id - 1) / 3 + 1),
            };
        }
        self.next += ROWS;
        if self.next >= all {
            (self.part, self.next) = (self.part + 1, 0);
            sql += ";\n";
        }
        sql
    }
}

impl Read for Catalogue {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.ready.read(buffer)?;
        if read > 0 || self.part > 2 {
            return Ok(read);
        }
        self.ready = Cursor::new(self.write().into_bytes());
        self.ready.read(buffer)
    }
}

#[tokio::test]
async fn rows_of_many_batches_are_taken_together_or_not_at_all() {
    let shop = Shop::new().await;
    let progress = Arc::new(Progress::default());
    let courses = 1_500;
    let bad = Catalogue::new(courses, 900).chain(Cursor::new("INSERT INTO luffy_course (id, price) VALUES (1, 'x');"));
    let refused = import::take(&shop.store, bad, Terms::default(), Arc::default()).await.expect_err("a fault at the end");
    assert!(refused.to_string().starts_with("line 4, column 45: luffy_course.price: 'x' is not a price"), "{refused}");
    assert_eq!(shop.record.numbers("select count(*) from course").await, [0]);
    let outcome = import::take(&shop.store, Catalogue::new(courses, 900), Terms::default(), Arc::clone(&progress)).await.expect("taken");
    assert_eq!([Table::Course, Table::Chapter, Table::Section].map(|table| inserted(&outcome, table)), [courses, courses, courses * 3]);
    assert_eq!(progress.rows(), courses * 5);
    assert!(progress.bytes() > 2 * 1024 * 1024, "more than a batch");
    assert_eq!(shop.store.audit().await.expect("an audit"), []);
    let again = import::take(&shop.store, Catalogue::new(courses, 900), Terms::default(), Arc::default()).await.expect("taken");
    assert_eq!(again.counts[4].1.unchanged, courses * 3);
}

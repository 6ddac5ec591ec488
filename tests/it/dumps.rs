//! Dumps as people have them: what each program writes is read as that program means it, whatever
//! else is in the file.

use crate::PROGRAM;
use qiangke::{
    server::{
        boot,
        import::{self, Escapes, ImportError, ImportReport, ReadProgress, SEED, Terms},
        store::{NewSale, Store, Table},
    },
    types::{ids::CourseId, money::Fen, sale::HOLD_S, time::Millis},
};
use std::{
    fmt::Write as _,
    fs,
    io::{self, Cursor, Read, Write as _},
    process::{Output, Stdio},
    sync::Arc,
};
use support::database::TestDatabase;
use tempfile::TempDir;

/// A shop's database in a folder of its own.
struct Shop {
    store: Store,
    database: TestDatabase,
    folder: TempDir,
}

const NAMES: &str = "select name from category order by id";
const STAMPS: &str = "'2024-03-01 10:00:00.000000', '2024-03-01 10:00:00.000000'";
const COLUMNS: &str = "id, orders, is_show, is_delete, created_time, updated_time, name";

impl Shop {
    async fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let database = TestDatabase::new(folder.path()).await;
        let store = boot::open_store(&database.url).await.expect("a database");
        store.migrate(&[7; 32]).await.expect("tables");
        Self {
            store,
            database,
            folder,
        }
    }

    async fn with(sql: &str) -> Self {
        let shop = Self::new().await;
        shop.take(sql, Terms::default()).await;
        shop
    }

    async fn seeded() -> Self {
        Self::with(SEED[0]).await
    }

    async fn try_take(
        &self,
        sql: impl Into<Vec<u8>>,
        terms: Terms,
    ) -> Result<ImportReport, ImportError> {
        import::take(&self.store, Cursor::new(sql.into()), terms, Arc::default()).await
    }

    async fn take(&self, sql: &str, terms: Terms) -> ImportReport {
        self.try_take(sql, terms)
            .await
            .unwrap_or_else(|error| panic!("{sql}\n{error}"))
    }

    async fn refusal(&self, sql: impl Into<Vec<u8>>, terms: Terms) -> String {
        self.try_take(sql, terms)
            .await
            .expect_err("a refusal")
            .to_string()
    }

    async fn names(&self) -> Vec<String> {
        self.database.texts(NAMES).await
    }

    /// Runs `qiangke import` with this on its standard input.
    fn command(&self, arguments: &[&str], input: &[u8]) -> Output {
        self.start(arguments, input, Stdio::piped())
    }

    fn start(&self, arguments: &[&str], input: &[u8], to: Stdio) -> Output {
        let mut program = PROGRAM
            .command()
            .arg("import")
            .args(arguments)
            .args(["--database-url", &self.database.url])
            .stdin(Stdio::piped())
            .stdout(to)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // One that does not read its input closes it.
        drop(program.stdin.take().expect("an input").write_all(input));
        program.wait_with_output().expect("the program ends")
    }
}

const UPDATE: Terms = Terms {
    update: true,
    dry_run: false,
    now: Millis(0),
    escapes: None,
    accept_cut: false,
};

fn category(id: i64, name: &str) -> String {
    format!(
        "INSERT INTO luffy_course_category ({COLUMNS}) VALUES ({id}, {id}, 1, 0, {STAMPS}, '{name}');\n"
    )
}

fn teacher(table: &str, signature: &str) -> String {
    format!(
        "INSERT INTO {table} (id, orders, is_show, is_delete, created_time, updated_time, name, role, title, signature, brief)
         VALUES (90, 90, 1, 0, {STAMPS}, 'Ada', 0, 't', {signature}, 'b');\n"
    )
}

fn inserted(outcome: &ImportReport, table: Table) -> u64 {
    outcome
        .counts
        .iter()
        .find(|(of, _)| *of == table)
        .expect("every table")
        .1
        .inserted
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
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;

-- Dump completed on 2024-03-01 10:00:00
";

#[tokio::test]
async fn a_dump_of_mysqldump_is_taken_as_it_is() {
    let shop = Shop::new().await;
    let outcome = shop.take(MYSQLDUMP, Terms::default()).await;
    assert_eq!(shop.names().await, ["it's", r"C:\new"]);
    assert_eq!(
        shop.database
            .numbers("select orders from category order by id")
            .await,
        [90, 91],
        "CREATE TABLE says the order"
    );
    assert_eq!(outcome.others.tables.get("auth_group"), Some(&2));
    assert!(
        outcome
            .to_string()
            .ends_with("passed over, rows of other tables: 2 (auth_group: 2)"),
        "{outcome}"
    );
}

#[tokio::test]
async fn a_dump_that_was_cut_off_is_refused() {
    let (begun, locked, all) = (
        "the file begins a transaction",
        "the file locks tables",
        "say --yes if this is all of it",
    );
    let row = category(90, "烘焙");
    for (sql, said) in [
        (
            MYSQLDUMP
                .split("UNLOCK TABLES")
                .next()
                .expect("a beginning")
                .to_owned(),
            locked,
        ),
        (
            format!("-- phpMyAdmin SQL Dump\nSTART TRANSACTION;\n{row}"),
            begun,
        ),
        (
            format!("PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n{row}"),
            begun,
        ),
    ] {
        let shop = Shop::new().await;
        let refusal = shop.refusal(sql.as_str(), Terms::default()).await;
        assert!(
            refusal.contains(said)
                && refusal.contains(all)
                && refusal.ends_with("nothing was written"),
            "{sql}\n{refusal}"
        );
        assert_eq!(refusal.lines().count(), 2, "{refusal}");
        assert!(shop.names().await.is_empty());
        let outcome = shop
            .take(
                &sql,
                Terms {
                    accept_cut: true,
                    ..Terms::default()
                },
            )
            .await
            .to_string();
        assert!(
            outcome.contains(said) && outcome.ends_with("import the whole one, too"),
            "{outcome}"
        );
    }
    // People take the last lines out, too.
    let header = "the file begins as one of ";
    for (sql, said) in [
        (
            MYSQLDUMP
                .split("-- Dump completed")
                .next()
                .expect("a beginning")
                .to_owned(),
            header,
        ),
        (format!("-- MariaDB dump 10.19\n{row}"), header),
        (format!("{MYSQLDUMP}-- MySQL dump 10.13\n"), header),
        (
            format!("--\n-- PostgreSQL database dump\n--\n{row}"),
            header,
        ),
        (
            format!(
                "-- PostgreSQL database cluster dump\n-- PostgreSQL database dump\n{row}-- PostgreSQL database dump complete\n"
            ),
            header,
        ),
        (
            format!("/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\n{row}"),
            "the file keeps MySQL's CHARACTER_SET_CLIENT",
        ),
    ] {
        let outcome = Shop::new()
            .await
            .take(&sql, Terms::default())
            .await
            .to_string();
        assert!(
            outcome.contains(said) && outcome.ends_with("import the whole one, too"),
            "{sql}\n{outcome}"
        );
    }
    for end in [
        "INSERT INTO zzz VALUES (1),(2",
        "INSERT INTO zzz VALUES (1),",
        "INSERT INTO zzz VALUES",
        "INSERT INTO zzz (a",
        "CREATE TABLE zzz (",
        "CREATE TABLE zzz (a int) ENGINE",
        "ALTER TABLE zzz ADD",
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1;",
        "DELIMITER $$\nCREATE TRIGGER t AFTER INSERT ON x FOR EACH ROW BEGIN SELECT 1; END;\nDELIMITER ;\n",
        "COPY zzz (a) FROM stdin;\n1\n2",
        "/*!50003 SET a = 1; ",
        "/*!50003 CREATE TRIGGER t",
        "/* a comment",
        "INSERT INTO zzz VALUES ('a",
    ] {
        for accept_cut in [false, true] {
            let refusal = Shop::new()
                .await
                .refusal(
                    row.clone() + end,
                    Terms {
                        accept_cut,
                        ..Terms::default()
                    },
                )
                .await;
            let said: Vec<_> = refusal.lines().collect();
            assert!(
                said[0].starts_with("line ") && said[0].contains("what begins here does not end"),
                "{end}: {refusal}"
            );
            assert_eq!(said.len(), 2, "{end}: {refusal}");
        }
    }
    // More rows may have stood behind the last one.
    for open in [
        row.trim_end().trim_end_matches(';').to_owned(),
        row.clone() + "INSERT INTO zzz VALUES (1),(2)",
    ] {
        let refusal = Shop::new()
            .await
            .refusal(open.clone(), Terms::default())
            .await;
        assert!(
            refusal.contains("no ; behind its last row") && refusal.contains("--yes"),
            "{open}: {refusal}"
        );
        let terms = Terms {
            accept_cut: true,
            ..Terms::default()
        };
        Shop::new().await.take(&open, terms).await;
    }
    // What ends the last statement may be left out where nothing can be missing.
    for end in ["COMMIT", "BEGIN; COMMIT", "-- the end", "\u{1a}"] {
        Shop::with(&(row.clone() + end)).await;
    }
}

#[tokio::test]
async fn a_trigger_or_a_routine_swallows_no_row() {
    let (before, after) = (category(90, "Before"), category(91, "After"));
    let body = "BEGIN\nUPDATE y SET a = 1;\nINSERT INTO luffy_course_category VALUES (1);\nEND";
    let heads = [
        "CREATE TRIGGER t AFTER INSERT ON x FOR EACH ROW",
        "CREATE DEFINER=`root`@`localhost` TRIGGER `t` AFTER INSERT ON `x` FOR EACH ROW",
        "CREATE PROCEDURE p(IN a INT)",
        "CREATE FUNCTION f() RETURNS INT",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO",
    ];
    // MySQL's client looks for what ends a statement anywhere but in quotes.
    let signs = ["$$", "//", ";;", "|", "$", "||", "\\\\", "eot", "#", "--"];
    for (sign, head) in signs.into_iter().zip(heads.into_iter().cycle()) {
        for between in ["", "\n"] {
            let sql = format!(
                "{before}DELIMITER {sign}\n{head} {body}{between}{sign}\ndelimiter ;\n{after}"
            );
            assert_eq!(
                Shop::with(&sql).await.names().await,
                ["Before", "After"],
                "{sql}"
            );
        }
    }
    for statement in [
        "DELIMITER $$\nCREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET NEW.a = 1$$\nDELIMITER ;",
        "delimiter //\nCREATE PROCEDURE p() BEGIN SELECT 1e+5; END//\nCREATE PROCEDURE q() SELECT a$b//\ndelimiter ;",
        "CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT CASE WHEN 1 THEN 2 END; UPDATE y SET a = 1; END;",
        "CREATE TRIGGER t AFTER INSERT ON public.x FOR EACH ROW EXECUTE FUNCTION public.f();",
        "CREATE FUNCTION f() RETURNS void LANGUAGE sql\nBEGIN ATOMIC\n INSERT INTO luffy_course_category VALUES (1);\n SELECT 1;\nEND;",
        "CREATE OR REPLACE VIEW v AS SELECT begin, 'trigger' FROM x;",
    ] {
        let shop = Shop::with(&format!("{before}{statement}\n{after}")).await;
        assert_eq!(shop.names().await, ["Before", "After"], "{statement}");
    }
}

#[tokio::test]
async fn rows_of_a_second_database_are_refused() {
    let of = |table: &str, id: i64| {
        category(id, &format!("n{id}")).replace("luffy_course_category", table)
    };
    let plain = "luffy_course_category";
    for (first, second, said) in [
        (
            format!("USE a;\n{}", of(plain, 1)),
            format!("USE `b`;\n{}", of(plain, 2)),
            "a before and b here",
        ),
        (
            of("a.luffy_course_category", 1),
            of("`b`.`luffy_course_category`", 2),
            "a before and b here",
        ),
        (
            of(plain, 1) + &of("a.luffy_course_category", 3),
            of("b.luffy_course_category", 2),
            "a before and b here",
        ),
        (
            of("public.luffy_course_category", 1),
            of("\"archive\".luffy_course_category", 2),
            "public before and archive here",
        ),
        (
            format!("\\connect one\n{}", of("public.luffy_course_category", 1)),
            format!("\\connect two\n{}", of("public.luffy_course_category", 2)),
            "one.public before and two.public here",
        ),
        (
            format!("SET search_path = one, pg_catalog;\n{}", of(plain, 1)),
            format!("SET search_path TO two;\nCOPY {plain} ({COLUMNS}) FROM stdin;\n\\.\n"),
            "one before and two here",
        ),
    ] {
        let shop = Shop::new().await;
        let refusal = shop
            .refusal(first.clone() + &second + &second, Terms::default())
            .await;
        assert!(
            refusal.contains("luffy_course_category: the file has rows of two databases, ")
                && refusal.contains(said),
            "{refusal}"
        );
        assert_eq!(refusal.lines().count(), 2, "said once: {refusal}");
    }
    for sql in [
        format!(
            "USE a;\n{}{}",
            of(plain, 1),
            of("A.luffy_course_category", 2)
        ),
        of("public.luffy_course_category", 1) + &of(plain, 2),
        of("main.luffy_course_category", 1) + &of(plain, 2),
        format!(
            "USE a;\n{}USE b;\nDROP TABLE {plain};\nINSERT INTO x VALUES (1);\nUSE a;\n{}",
            of(plain, 1),
            of(plain, 2)
        ),
    ] {
        assert_eq!(Shop::with(&sql).await.names().await, ["n1", "n2"], "{sql}");
    }
}

#[tokio::test]
async fn rows_that_a_file_takes_away_again_are_refused() {
    let row = category(1, "One");
    for taken in [
        "DELETE FROM luffy_course_category;",
        "TRUNCATE TABLE `luffy_course_category`;",
        "TRUNCATE x, luffy_course_category;",
        "DROP TABLE IF EXISTS luffy_course_category;",
    ] {
        let refusal = Shop::new()
            .await
            .refusal(format!("{row}{taken}\n"), Terms::default())
            .await;
        assert!(
            refusal.starts_with(
                "line 2, column 1: luffy_course_category: the file has brought rows of this table"
            ),
            "{refusal}"
        );
        let shop =
            Shop::with(&format!("{taken}\nDELETE FROM auth_user WHERE id = 1;\n{row}DROP INDEX i ON luffy_course_category;\n")).await;
        assert_eq!(shop.names().await, ["One"], "{taken}");
    }
    let refusal = Shop::new()
        .await
        .refusal(
            format!("{row}UPDATE luffy_course_category SET name = 'x';"),
            Terms::default(),
        )
        .await;
    assert!(refusal.contains("only rows are taken"), "{refusal}");
}

#[tokio::test]
async fn an_update_may_pass_names_on() {
    let shop =
        Shop::with(&(category(1, "One") + &category(2, "Two") + &category(3, "Three"))).await;
    shop.take(&(category(1, "Two") + &category(2, "One")), UPDATE)
        .await;
    assert_eq!(shop.names().await, ["Two", "One", "Three"]);
    // A new row takes the name that another gives up.
    let outcome = shop
        .take(&(category(5, "Two") + &category(1, "Uno")), UPDATE)
        .await;
    assert_eq!(
        (outcome.counts[1].1.inserted, outcome.counts[1].1.updated),
        (1, 1)
    );
    assert_eq!(shop.names().await, ["Uno", "One", "Three", "Two"]);
    shop.take(
        &(category(1, "One") + &category(2, "Three") + &category(3, "Uno")),
        UPDATE,
    )
    .await;
    assert_eq!(shop.names().await, ["One", "Three", "Uno", "Two"]);
    // One that the file does not rename keeps its name.
    for sql in [
        category(1, "Two"),
        category(1, "Two") + "INSERT INTO luffy_course_category (id, is_show) VALUES (5, 0);",
    ] {
        let refusal = shop.refusal(sql, UPDATE).await;
        assert!(
            refusal.starts_with("line 1, column")
                && refusal.contains("the name stands in the database already, at number 5"),
            "{refusal}"
        );
    }
    let refusal = shop
        .refusal(category(1, "Three") + &category(2, "One"), Terms::default())
        .await;
    assert!(
        refusal.contains("row 1 stands with 'One', the file has 'Three'")
            && refusal.contains("say --update")
            && !refusal.contains("already"),
        "{refusal}"
    );
}

#[tokio::test]
async fn numbers_and_texts_are_read_as_django_s_databases_write_them() {
    let sql = format!(
        "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;
         INSERT INTO luffy_course (id, orders, created_time, name, price) VALUES
             (1, 1, '2024-03-01 10:00:00', 'a', 9.9000000000000003552), (2, 2, '2024-03-01 10:00:00', 'b', 99);
         INSERT INTO luffy_teacher (id, orders, created_time, name, title, brief) VALUES (1, 1, '2024-03-01 10:00:00', 'Ada', '', '');
         INSERT INTO luffy_banner (id, orders, is_show, is_delete, created_time, updated_time, title, image, link, info)
         VALUES (1, 1, 1, 0, {STAMPS}, '开学', 'banner/a.png', '/', '');\nCOMMIT;\n"
    );
    let shop = Shop::with(&sql).await;
    assert_eq!(
        shop.database
            .numbers("select price_fen from course order by id")
            .await,
        [990, 9_900]
    );
    assert_eq!(
        shop.database
            .texts("select title || brief from teacher union all select info from banner")
            .await,
        ["", ""]
    );
}

#[tokio::test]
async fn what_a_program_adds_around_a_dump_is_passed_over() {
    let (row, next) = (category(1, "One"), category(2, "Two"));
    for sql in [
        format!(
            "mysqldump: [Warning] Using a password on the command line interface can be insecure.\n{row}{next}"
        ),
        format!(
            "mysqldump: Error: 'Access denied; you need (at least one of) the PROCESS privilege(s) for this operation'\n{row}{next}"
        ),
        format!(
            "pg_dump: warning: there are circular foreign-key constraints on this table:\npg_dump: detail: x\n{row}{next}"
        ),
        format!(
            "Warning: Using a password on the command line interface can be insecure.\r\n{row}{next}"
        ),
        format!(
            "mysqldump: Deprecated program name. It will be removed in a future release, use '/usr/bin/mariadb-dump' instead\n{row}{next}"
        ),
        format!("Enter password: -- MySQL dump 10.13\n{row}{next}"),
        format!("{row}\\copy (select 1) to 'x.csv'\n{next}"),
        format!("{row}\u{feff}{next}\u{1a}"),
        format!("{row}\u{1a}\u{feff}-- a second file\n{next}"),
        format!(
            "-- PostgreSQL database dump\n{row}CREATE VIEW v AS SELECT a #>> '{{b}}' FROM x;\n{next}-- PostgreSQL database dump complete\n"
        ),
        format!("PRAGMA foreign_keys=OFF;\n{row}CREATE VIEW v AS SELECT 1 # 2;\n{next}"),
    ] {
        assert_eq!(
            Shop::with(&sql).await.names().await,
            ["One", "Two"],
            "{sql}"
        );
    }
    let outcome = Shop::new().await;
    let outcome = outcome
        .take(
            &format!(
                "{row}INSERT INTO x (a) VALUES (1) ON DUPLICATE KEY UPDATE a=VALUES(a), b=(2);"
            ),
            Terms::default(),
        )
        .await;
    assert_eq!(outcome.others.rows, 1);
    let refusal = Shop::new()
        .await
        .refusal(
            format!("{row}mysqldump: Got error: 2013: Lost connection\n;"),
            Terms::default(),
        )
        .await;
    assert!(
        refusal.starts_with("line 2, column 1: mysqldump is no statement of a dump"),
        "{refusal}"
    );
}

#[tokio::test]
async fn rows_of_another_file_are_no_rows_of_this_one() {
    let row = category(1, "One");
    for elsewhere in [
        "COPY public.luffy_course (id, name) FROM '$$PATH$$/3456.dat';",
        "COPY luffy_course FROM '/tmp/courses.csv' WITH (FORMAT csv);",
        "\\copy luffy_course from courses.csv csv",
        "\\i courses.sql",
        "\\. courses.sql",
    ] {
        let shop = Shop::new().await;
        let sql = format!("{row}{elsewhere}\n");
        let refusal = shop.refusal(sql, Terms::default()).await;
        assert!(
            refusal.contains("line 2, column 1") && refusal.contains("stand in another file"),
            "{elsewhere}: {refusal}"
        );
        assert!(shop.names().await.is_empty(), "{elsewhere}");
    }
}

#[tokio::test]
async fn a_name_is_one_line_of_signs_that_show_something() {
    for (name, why) in [
        ("Python\n入门", "control character"),
        ("\u{1b}[2J入门", "control character"),
        ("\u{200B}", "must not be empty"),
    ] {
        let refusal = Shop::new()
            .await
            .refusal(category(1, name), Terms::default())
            .await;
        assert!(refusal.contains(why), "{name:?}: {refusal}");
    }
    let shop = Shop::with(&category(1, "1\u{FE0F}\u{20E3} Py\u{200B}thon")).await;
    assert_eq!(shop.names().await, ["1\u{FE0F}\u{20E3} Python"]);
}

#[tokio::test]
async fn a_dump_in_gbk_is_named_for_what_it_is() {
    // The second byte of this character is a backslash, so that its text seems to go on.
    let text = b"'\xd5\x5c'";
    for texts in [[text.as_slice(), b"'abc'"], [b"'x'", text], [text, text]] {
        let mut sql = category(1, "One").into_bytes();
        sql.extend(b"SET NAMES gbk;\nINSERT INTO auth_group VALUES (1,");
        sql.extend(texts.join(&b','));
        sql.extend(b");\nINSERT INTO auth_group VALUES (2,'b');\n");
        let refusal = Shop::new().await.refusal(sql, Terms::default()).await;
        assert!(
            refusal.starts_with("line 3, column")
                && refusal.contains("the text is not UTF-8: save the file as UTF-8"),
            "{refusal}"
        );
    }
    // A picture's bytes are no text.
    let blob = [
        category(1, "One").as_bytes(),
        b"SET NAMES utf8;\nINSERT INTO files VALUES (1,_binary '\xd5\\'\xff\\\\',2);\n",
    ]
    .concat();
    assert_eq!(
        Shop::new()
            .await
            .try_take(blob, Terms::default())
            .await
            .expect("taken")
            .others
            .rows,
        1
    );
}

#[tokio::test]
async fn each_program_s_way_to_write_a_row_is_read() {
    let values = format!("90, 90, 1, 0, {STAMPS}, '烘焙'");
    let navicat = "/*\nNavicat MySQL Data Transfer\nFile Encoding : 65001\n*/\nSET FOREIGN_KEY_CHECKS=0;\n-- Records of x\n";
    let created = "CREATE TABLE IF NOT EXISTS \"luffy_course_category\" (\"id\" integer NOT NULL PRIMARY KEY, \"orders\" integer,
        \"is_show\" bool NOT NULL, \"is_delete\" bool, \"created_time\" datetime, \"updated_time\" datetime, \"name\" varchar(64) UNIQUE,
        CONSTRAINT \"c\" CHECK (orders > 0));\n";
    for sql in [
        format!("{navicat}INSERT INTO `luffy_course_category` (`id`, `orders`, `is_show`, `is_delete`, `created_time`, `updated_time`, `name`)
            VALUES ('90', '90', '1', '0', '2024-03-01 10:00:00.000000', '2024-03-01 10:00:00.000000', '烘焙');"),
        format!("INSERT INTO luffy.luffy_course_category ({COLUMNS}) VALUES\n\t ({values});"),
        format!("INSERT INTO `luffy`.`luffy_course_category` ({COLUMNS}) VALUES ({values});"),
        format!("INSERT INTO public.luffy_course_category ({COLUMNS}) OVERRIDING SYSTEM VALUE VALUES ({values});"),
        format!("INSERT INTO \"public\".\"luffy_course_category\" ({COLUMNS}) VALUES ({values});"),
        format!("# categories\nINSERT INTO luffy_course_category ({COLUMNS}) VALUES ({values}); # one"),
        format!("/* the shop's tables /* as of March */ INSERT INTO luffy_course_category ({COLUMNS}) VALUES ({values});"),
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
        assert_eq!(shop.database.numbers("select created_time from category where is_show and not is_delete").await, [1_709_258_400_000], "{sql}");
    }
}

#[tokio::test]
async fn a_backslash_means_what_the_writer_means_by_it() {
    const SIGNATURE: &str = "select signature from teacher where id = 90";
    let escaped = r#"'说\"慢\"\r\nC:\\新'"#;
    let (mysql, standard) = ("说\"慢\"\r\nC:\\新", r#"说\"慢\"\r\nC:\\新"#);
    for (header, table, text, expected) in [
        ("", "`luffy_teacher`", escaped, mysql),
        (
            "-- MySQL dump 10.13\n-- Dump completed\n",
            "luffy_teacher",
            escaped,
            mysql,
        ),
        (
            "/*\n Navicat Premium Data Transfer\n Source Server Type    : MySQL\n*/\n",
            "luffy_teacher",
            escaped,
            mysql,
        ),
        (
            "/*!40101 SET NAMES utf8 */;\n",
            "luffy_teacher",
            escaped,
            mysql,
        ),
        (
            "CREATE TABLE t (id int) ENGINE=InnoDB;\n",
            "luffy_teacher",
            escaped,
            mysql,
        ),
        ("", "`luffy_teacher`", r#""it's \"so\"""#, "it's \"so\""),
        ("", "luffy_teacher", r#""it's \"so\"""#, "it's \"so\""),
        (
            "SET FOREIGN_KEY_CHECKS=0;\n",
            "luffy_teacher",
            escaped,
            mysql,
        ),
        (
            "SET @OLD_SQL_MODE=@@SQL_MODE;\n",
            "luffy_teacher",
            escaped,
            mysql,
        ),
        ("-- PostgreSQL\n", "luffy_teacher", escaped, standard),
        (
            "-- PostgreSQL\nSET standard_conforming_strings = off;\n",
            "luffy_teacher",
            escaped,
            mysql,
        ),
        (
            "-- PostgreSQL\nSET SESSION standard_conforming_strings TO 'off';\n",
            "luffy_teacher",
            r"'\x41\\\101'",
            r"A\A",
        ),
        (
            "-- from MySQL\nSET standard_conforming_strings = on;\n",
            "luffy_teacher",
            escaped,
            standard,
        ),
        (
            "SET standard_conforming_strings = off;\nCREATE FUNCTION f() AS $_$ it's; $_$;\n",
            "luffy_teacher",
            escaped,
            mysql,
        ),
        (
            "-- MySQL\nSET SQL_MODE='ANSI,NO_BACKSLASH_ESCAPES';\n",
            "luffy_teacher",
            escaped,
            standard,
        ),
        (
            "SET standard_conforming_strings = on;\n",
            "luffy_teacher",
            escaped,
            standard,
        ),
        (
            "PRAGMA foreign_keys=OFF;\n",
            "luffy_teacher",
            escaped,
            standard,
        ),
        (
            "CREATE TABLE \"t\" (\"id\" int AUTO_INCREMENT);\n",
            "\"luffy_teacher\"",
            escaped,
            mysql,
        ),
        ("", "public.luffy_teacher", escaped, standard),
        ("", "public.luffy_teacher", r"E'a\'b\nc'", "a'b\nc"),
        (
            "PRAGMA foreign_keys=OFF;\n",
            "luffy_teacher",
            r"replace('a\nb','\n',char(10))",
            "a\nb",
        ),
        // No program of MySQL writes such a backslash.
        ("", "luffy_teacher", r"'2016\2017'", r"2016\2017"),
    ] {
        let shop = Shop::with(&(header.to_owned() + &teacher(table, text))).await;
        assert_eq!(
            shop.database.texts(SIGNATURE).await,
            [expected],
            "{header}{table} {text}"
        );
    }
    for (table, text) in [
        ("luffy_teacher", escaped),
        ("luffy_teacher", r"'C:\new'"),
        ("luffy_teacher", r"'it\'s'"),
        ("\"luffy_teacher\"", r"'a\\b'"),
    ] {
        let shop = Shop::new().await;
        let refusal = shop.refusal(teacher(table, text), Terms::default()).await;
        assert!(
            refusal.contains("line 2, column") && refusal.contains("--escapes mysql"),
            "{text}: {refusal}"
        );
        assert!(
            refusal.contains("--escapes standard") && refusal.contains("nothing was written"),
            "{text}: {refusal}"
        );
    }
    for (escapes, expected) in [(Escapes::Mysql, mysql), (Escapes::Standard, standard)] {
        let shop = Shop::new().await;
        shop.take(
            &teacher("`luffy_teacher`", escaped),
            Terms {
                escapes: Some(escapes),
                ..Terms::default()
            },
        )
        .await;
        assert_eq!(
            shop.database.texts(SIGNATURE).await,
            [expected],
            "the operator's word counts"
        );
    }
}

#[tokio::test]
async fn an_update_changes_only_the_columns_that_the_file_names() {
    let shop = Shop::seeded().await;
    let course = async || {
        let of = shop
            .store
            .course(CourseId(2))
            .await
            .expect("a read")
            .expect("a course")
            .course;
        (
            of.name,
            of.price.0,
            of.students,
            of.course_img,
            of.teacher.map(|teacher| teacher.name),
        )
    };
    let before = course().await;
    let sql = "INSERT INTO luffy_course (id, orders, created_time, name) VALUES (2, 2, '2022-07-14 13:56:05.051103', 'Python 第二版');";
    let refusal = shop.refusal(sql, Terms::default()).await;
    assert_eq!(
        refusal.lines().count(),
        3,
        "only the name differs: {refusal}"
    );
    assert!(
        refusal.contains("luffy_course.name: row 2 stands with"),
        "{refusal}"
    );
    shop.take(sql, UPDATE).await;
    assert_eq!(
        course().await,
        (
            "Python 第二版".to_owned(),
            before.1,
            before.2,
            before.3.clone(),
            before.4.clone()
        )
    );
    shop.take(
        "INSERT INTO luffy_course (id, price) VALUES (2, 1.50), (3, DEFAULT);",
        UPDATE,
    )
    .await;
    assert_eq!(
        course().await,
        (
            "Python 第二版".to_owned(),
            150,
            before.2,
            before.3,
            before.4
        )
    );

    shop.database
        .execute("update category set is_show = false, is_delete = true where id = 2")
        .await;
    let sql = "INSERT INTO luffy_course_category (id, orders, created_time, name) VALUES (2, 2, '2022-07-14 13:41:08.249735', 'Linux 运维');";
    let outcome = shop.take(sql, UPDATE).await;
    assert_eq!(outcome.counts[1].1.updated, 1);
    assert_eq!(
        shop.database
            .numbers("select id from category where is_delete and not is_show")
            .await,
        [2],
        "hidden stays hidden"
    );
    assert_eq!(shop.take(sql, UPDATE).await.counts[1].1.unchanged, 1);

    // A row that is new needs what has no default.
    let refusal = shop
        .refusal(
            "INSERT INTO luffy_course (id, price) VALUES (2, 1.50), (9, 1.50);",
            UPDATE,
        )
        .await;
    for column in ["orders", "created_time", "name"] {
        assert!(
            refusal.contains(&format!(
                "line 1, column 1: luffy_course.{column}: the column is missing"
            )),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let shop = Shop::seeded().await;
    let version = shop.store.catalog_version().await.expect("a version");
    let sql = category(7, "New") + "INSERT INTO luffy_course (id, price) VALUES (2, 1.50);";
    let terms = Terms {
        dry_run: true,
        ..UPDATE
    };
    let said = shop.take(&sql, terms).await.to_string();
    assert!(
        said.contains("category: 1 would be added, 0 would be updated, 0 unchanged"),
        "{said}"
    );
    assert!(
        said.contains("course: 0 would be added, 1 would be updated, 0 unchanged"),
        "{said}"
    );
    assert!(
        said.contains("luffy_course.price: row 2 stands with 99.00, the file has 1.50"),
        "{said}"
    );
    assert!(said.ends_with("nothing was written: --dry-run"), "{said}");
    assert_eq!(shop.names().await, ["Python", "Linux"]);
    assert_eq!(
        shop.store.catalog_version().await.expect("a version"),
        version
    );
    assert!(
        shop.refusal(
            sql,
            Terms {
                update: false,
                ..terms
            }
        )
        .await
        .contains("row 2 stands with 99.00")
    );
}

#[tokio::test]
async fn a_file_without_a_row_is_no_success() {
    let shop = Shop::new().await;
    for (sql, said) in [
        ("", "the file has no row of the catalogue"),
        (
            "-- MySQL dump 10.13\nSET NAMES utf8;\n-- Dump completed\n",
            "the file has no row of the catalogue",
        ),
        (
            "-- MySQL dump 10.13\nLOCK TABLES x WRITE;\n",
            "line 3, column 1: the file locks tables and does not end that",
        ),
        (
            "INSERT INTO ly_course VALUES (1), (2);",
            "the file has no row of the catalogue, only rows of other tables: 2 (ly_course: 2)",
        ),
        (
            "INSERT INTO luffy_course(id) VALUES",
            "line 1, column 36: luffy_course: can't be read: ( expected, found the end of the file",
        ),
    ] {
        let refusal = shop.refusal(sql, Terms::default()).await;
        assert!(refusal.starts_with(said), "{sql}: {refusal}");
    }
    for arguments in [
        ["/dev/null"].as_slice(),
        &["-"],
        &["/dev/stdin", "--dry-run"],
    ] {
        let output = shop.command(arguments, b"");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        assert!(
            String::from_utf8_lossy(&output.stderr)
                .contains("the file has no row of the catalogue"),
            "{output:?}"
        );
    }
    let output = shop.command(&["no/such.sql"], b"");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("no/such.sql can't be read: No such file"),
        "{output:?}"
    );
    let output = shop.command(&["-"], category(1, "Piped").as_bytes());
    assert!(
        output.status.success() && output.stdout.starts_with(b"teacher: 0 added"),
        "{output:?}"
    );
    assert_eq!(shop.names().await, ["Piped"]);
    let output = shop.command(
        &["--escapes", "mysql", "-"],
        category(2, r"it\'s").as_bytes(),
    );
    assert!(output.status.success(), "{output:?}");
    assert_eq!(shop.names().await, ["Piped", "it's"]);
    let output = shop.command(
        &["-", "--yes"],
        format!("BEGIN;{}", category(3, "Cut")).as_bytes(),
    );
    assert!(
        output.status.success()
            && String::from_utf8_lossy(&output.stdout).ends_with("import the whole one, too\n"),
        "{output:?}"
    );
}

#[tokio::test]
async fn a_dry_run_that_nobody_can_read_did_nothing() {
    let shop = Shop::new().await;
    let run = |arguments: &[&str]| {
        let full = fs::File::options()
            .write(true)
            .open("/dev/full")
            .expect("a full disk");
        shop.start(arguments, category(1, "One").as_bytes(), full.into())
    };
    let output = run(&["--dry-run", "-"]);
    assert_eq!(output.status.code(), Some(74), "{output:?}");
    assert!(
        !String::from_utf8_lossy(&output.stderr).contains("it was done"),
        "{output:?}"
    );
    assert!(shop.names().await.is_empty());
    let output = run(&["-"]);
    assert!(
        output.status.success() && String::from_utf8_lossy(&output.stderr).contains("it was done"),
        "{output:?}"
    );
    assert_eq!(shop.names().await, ["One"]);
}

/// Old programs of the Mac end lines so, and what stands behind a comment must not be lost in it.
#[tokio::test]
async fn a_cr_alone_ends_a_line_where_no_line_ends_otherwise() {
    for (head, between, count) in [
        ("-- a dump\r\r", "\r-- the next\r# and another\r", 2),
        ("", "\r--\r", 2),
        ("-- a dump\r\n", "\r\n-- the next\r\n", 2),
        ("-- a dump\r\r\n", "\r\r\n-- the next\r\r\n", 2),
        ("-- a dump\n", "\n-- no\rline ", 1),
    ] {
        let shop = Shop::new().await;
        let rows = [category(1, "One"), category(2, "Two")];
        let [one, two] = rows.each_ref().map(|row| row.trim_end());
        shop.take(&format!("{head}{one}{between}{two}\n"), Terms::default())
            .await;
        assert_eq!(shop.names().await.len(), count, "{between:?}");
    }
}

#[tokio::test]
async fn what_is_no_sql_text_is_named() {
    let shop = Shop::new().await;
    for (bytes, said) in [
        (
            b"\x1f\x8b\x08\x00".as_slice(),
            "the file is compressed: gunzip it first",
        ),
        (b"\xfd7zXZ\0\0", "the file is compressed: unxz it first"),
        (b"BZh91AY&SY", "the file is compressed: bunzip2 it first"),
        (
            b"\x28\xb5\x2f\xfd\x04",
            "the file is compressed: unzstd it first",
        ),
        (b"7z\xbc\xaf\x27\x1c", "the file is a 7z archive"),
        (b"\xff\xfe-\0-\0", "the file is UTF-16"),
        (
            b"id,name\n1,Python\n",
            "the file is a table of plain values (CSV,",
        ),
        (b"<!DOCTYPE html>\n", "the file is a page of HTML"),
        (b"<?xml version=\"1.0\"?>", "the file is XML"),
        (b"SQLite format 3\0", "the file is a database of SQLite"),
    ] {
        assert!(
            shop.refusal(bytes, Terms::default())
                .await
                .starts_with(said)
        );
    }
    let (before, after) = (category(1, "x"), category(2, "好"));
    let (before, after) = (before.as_bytes(), after.replace('好', "\u{1}").into_bytes());
    let latin: Vec<u8> = after
        .iter()
        .map(|byte| if *byte == 1 { 0xba } else { *byte })
        .collect();
    let refusal = shop
        .refusal([before, &latin].concat(), Terms::default())
        .await;
    assert!(
        refusal.starts_with("line 2, column")
            && refusal.contains("category.name: the text is not UTF-8"),
        "{refusal}"
    );
    // Elsewhere it does not matter: other tables have texts of any bytes.
    let blob = [
        before,
        b"INSERT INTO files VALUES (1, _binary '\xff\x00\xba', X'00ff');",
    ]
    .concat();
    assert_eq!(
        shop.try_take(blob, Terms::default())
            .await
            .expect("taken")
            .others
            .rows,
        1
    );
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
    assert_eq!(
        shop.database.texts("select link from banner").await,
        ["http://school.example/"]
    );
}

#[tokio::test]
async fn a_column_that_no_table_has_is_said_once() {
    let sql: String = (1..=30)
        .map(|id| format!("INSERT INTO luffy_course_category ({COLUMNS}, colour) VALUES ({id}, 1, 1, 0, {STAMPS}, 'n{id}', 'red');\n"))
        .collect();
    let refusal = Shop::new().await.refusal(sql, Terms::default()).await;
    assert_eq!(refusal.lines().count(), 2, "{refusal}");
    assert!(
        refusal.starts_with(
            "line 1, column 1: luffy_course_category.colour: the table has no such column"
        ),
        "{refusal}"
    );
}

#[tokio::test]
async fn rows_that_repeat_a_number_or_a_name_are_named_with_the_first() {
    let sql = category(1, "One")
        + &category(2, "Two")
        + &category(1, "Again")
        + &category(3, "Two")
        + &category(1, "And again");
    let refusal = Shop::new().await.refusal(sql, Terms::default()).await;
    let said: Vec<_> = refusal.lines().collect();
    assert_eq!(said.len(), 4, "{refusal}");
    assert!(
        said[0].starts_with("line 3, ")
            && said[0]
                .contains("luffy_course_category.id: number 1 stands already in line 1, column ")
    );
    assert!(
        said[1].starts_with("line 4, ")
            && said[1]
                .contains("luffy_course_category.name: the name Two stands already in line 2, ")
    );
    assert!(
        said[2].starts_with("line 5, ") && said[2].contains("number 1 stands already in line 1, "),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_row_has_a_limit_and_a_file_has_none() {
    let shop = Shop::new().await;
    let long = "长".repeat(import::ROW_MAX / 3 + 1);
    let refusal = shop
        .refusal(category(1, "a") + &category(2, &long), Terms::default())
        .await;
    assert!(
        refusal.starts_with("line 2, column") && refusal.contains("the row has more than 1024 KiB"),
        "{refusal}"
    );
    // Not those of other tables.
    let sql = format!("INSERT INTO blobs VALUES ('{long}');\n{}", category(1, "a"));
    assert_eq!(shop.take(&sql, Terms::default()).await.others.rows, 1);
}

/// A shop of many courses as mysqldump writes it: a chapter and three sections each, all rows of a
/// table in one statement.
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
        Self {
            courses,
            brief: "课".repeat(brief / 3),
            part: 0,
            next: 0,
            ready: Cursor::default(),
        }
    }

    /// The next rows.
    fn write(&mut self) -> String {
        const ROWS: u64 = 500;
        let table = [
            "luffy_course",
            "luffy_course_chapter",
            "luffy_course_section",
        ];
        let columns = [
            "course_type, brief, price",
            "chapter, course_id",
            "section_link, chapter_id",
        ];
        let Some(table) = table.get(usize::from(self.part)) else {
            return String::new();
        };
        let all = if self.part == 2 {
            self.courses * 3
        } else {
            self.courses
        };
        let mut sql = String::new();
        if self.next == 0 {
            let _ = write!(
                sql,
                "INSERT INTO `{table}` ({COLUMNS}, {}) VALUES ",
                columns[usize::from(self.part)]
            );
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
    let progress = Arc::new(ReadProgress::default());
    let courses = 1_500;
    let bad = Catalogue::new(courses, 900).chain(Cursor::new(
        "INSERT INTO luffy_course (id, price) VALUES (1, 'x');",
    ));
    let refused = import::take(&shop.store, bad, Terms::default(), Arc::default())
        .await
        .expect_err("a fault at the end");
    assert!(
        refused
            .to_string()
            .starts_with("line 4, column 45: luffy_course.price: 'x' is not a price"),
        "{refused}"
    );
    assert_eq!(
        shop.database.numbers("select count(*) from course").await,
        [0]
    );
    let outcome = import::take(
        &shop.store,
        Catalogue::new(courses, 900),
        Terms::default(),
        Arc::clone(&progress),
    )
    .await
    .expect("taken");
    assert_eq!(
        [Table::Course, Table::Chapter, Table::Section].map(|table| inserted(&outcome, table)),
        [courses, courses, courses * 3]
    );
    assert_eq!(progress.rows(), courses * 5);
    assert!(progress.bytes() > 2 * 1024 * 1024, "more than a batch");
    assert_eq!(shop.store.audit().await.expect("an audit"), []);
    let again = import::take(
        &shop.store,
        Catalogue::new(courses, 900),
        Terms::default(),
        Arc::default(),
    )
    .await
    .expect("taken");
    assert_eq!(again.counts[4].1.unchanged, courses * 3);
}

/// An update of the second course, in one column.
fn course_with(column: &str, value: i64) -> String {
    format!("INSERT INTO luffy_course (id, {column}) VALUES (2, {value});\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_says_which_sales_students_no_longer_see() {
    let shop = Shop::seeded().await;
    let now = 1_795_348_800_000;
    for (opens_at, closes_at) in [
        (now - 7_200_000, now - 3_600_000),
        (now - 60_000, now + 60_000),
        (now + 3_600_000, now + 7_200_000),
    ] {
        let sale = NewSale {
            course: CourseId(2),
            price: Fen(990),
            stock: 5,
            opens_at: Millis(opens_at),
            closes_at: Millis(closes_at),
            hold_s: HOLD_S,
        };
        let made = shop.store.create_sale(&sale, Millis(now)).await;
        made.expect("create").expect("the course is there");
    }
    let terms = Terms {
        now: Millis(now),
        ..UPDATE
    };
    let hidden = |report: &ImportReport| {
        report
            .to_string()
            .lines()
            .filter(|line| line.starts_with("students "))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let shown = shop.take(&course_with("students", 7), terms).await;
    assert_eq!(hidden(&shown), [""; 0]);
    for (column, value, before) in [("is_show", 0, 1), ("is_delete", 1, 0), ("status", 1, 0)] {
        for (is_dry, said) in [
            (true, "students would no longer see sale "),
            (false, "students no longer see sale "),
        ] {
            let terms = Terms {
                dry_run: is_dry,
                ..terms
            };
            let lines = hidden(&shop.take(&course_with(column, value), terms).await);
            assert_eq!(lines.len(), 2, "{column}: {lines:?}");
            for (line, id) in lines.iter().zip([2, 3]) {
                assert!(line.starts_with(&format!("{said}{id} of ")), "{line}");
                assert!(line.contains("2026-11-22 "), "{line}");
            }
        }
        // It is hidden already.
        let again = shop.take(&course_with("students", value + 20), terms).await;
        assert_eq!(hidden(&again), [""; 0]);
        let back = shop.take(&course_with(column, before), terms).await;
        assert_eq!(hidden(&back), [""; 0], "{column}");
    }
}

/// CREATE TABLE of the categories, with their times of this type.
fn categories_with(kind: &str) -> String {
    format!(
        "CREATE TABLE luffy_course_category (id int, orders int, is_show int, is_delete int,
         created_time {kind} NOT NULL, updated_time {kind}(6) DEFAULT NULL, name varchar(64)) ENGINE=InnoDB;\n"
    )
}

const UNNAMED: &str = "INSERT INTO luffy_course_category VALUES
    (7, 7, 1, 0, '2024-03-01 10:00:00', '2024-03-01 10:00:00', 'x');\n";

#[tokio::test(flavor = "multi_thread")]
async fn columns_that_the_file_moves_must_be_named() {
    let create = categories_with("datetime");
    let table = "ALTER TABLE luffy_course_category";
    for change in [
        format!("{table} MODIFY name varchar(64) AFTER id;"),
        format!("{table} CHANGE `name` `name` varchar(64) FIRST;"),
        format!("{table} ADD COLUMN more int AFTER id;"),
        format!("{table} ADD KEY k (id), DROP COLUMN is_show;"),
        format!("{table} RENAME COLUMN orders TO place;"),
        "CREATE TABLE luffy_course_category (id int, name varchar(64));".to_owned(),
    ] {
        let refusal = Shop::new()
            .await
            .refusal(format!("{create}{change}\n{UNNAMED}"), Terms::default())
            .await;
        assert!(
            refusal.contains("must be named here"),
            "{change}: {refusal}"
        );
        let named = category(7, "x");
        Shop::with(&format!("{create}{change}\n{named}")).await;
    }
    for harmless in [
        "CREATE TABLE IF NOT EXISTS luffy_course_category (name varchar(64), id int);",
        "DROP TABLE IF EXISTS luffy_course_category; CREATE TABLE luffy_course_category (id int, orders int, is_show int,
         is_delete int, created_time datetime, updated_time datetime, name text);",
        "ALTER TABLE luffy_course_category ADD PRIMARY KEY (id), MODIFY id int NOT NULL AUTO_INCREMENT;",
        "/*!40000 ALTER TABLE `luffy_course_category` DISABLE KEYS */;",
        "ALTER TABLE ONLY public.luffy_course_category ADD CONSTRAINT c UNIQUE (name);",
    ] {
        Shop::with(&format!("{create}{harmless}\n{UNNAMED}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_renamed_around_its_rows_is_refused() {
    let (row, other) = (
        category(7, "x"),
        category(7, "x").replace("luffy_course_category", "fresh"),
    );
    for (sql, said) in [
        (
            format!("{row}ALTER TABLE luffy_course_category RENAME TO old;"),
            "renames it to old",
        ),
        (
            format!("{row}ALTER TABLE luffy_course_category ADD KEY k (id), RENAME old;"),
            "renames it to old",
        ),
        (
            format!("{row}RENAME TABLE `luffy_course_category` TO `shop`.`old`;"),
            "renames it to old",
        ),
        (
            format!("{other}RENAME TABLE a TO b, fresh TO luffy_course_category;\n{row}"),
            "rows of fresh",
        ),
        (
            format!("{other}ALTER TABLE fresh RENAME TO luffy_course_category;\n{row}"),
            "rows of fresh",
        ),
    ] {
        let refusal = Shop::new()
            .await
            .refusal(sql.clone(), Terms::default())
            .await;
        assert!(refusal.contains(said), "{sql}: {refusal}");
    }
    for harmless in [
        format!("RENAME TABLE luffy_course_category TO old;\n{row}"),
        format!("{row}RENAME TABLE a TO b;\nALTER TABLE a RENAME TO c;"),
        format!("ALTER TABLE fresh RENAME TO luffy_course_category;\n{row}"),
    ] {
        Shop::with(&harmless).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn timestamps_of_mysql_are_of_the_zone_that_the_file_sets() {
    let zone = "/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;\n/*!40103 SET TIME_ZONE='+00:00' */;\n";
    let back = "/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;\n";
    // Ten o'clock in Shanghai, and by UTC.
    let (shanghai, utc) = (1_709_258_400_000, 1_709_287_200_000);
    for (kind, set, read) in [
        ("datetime", zone, shanghai),
        ("timestamp", zone, utc),
        ("timestamp", "SET time_zone = \"+00:00\";\n", utc),
        ("timestamp", "", shanghai),
        ("timestamp", &format!("{zone}{back}"), shanghai),
    ] {
        for rows in [UNNAMED.to_owned(), category(7, "x")] {
            let create = categories_with(kind);
            let shop = Shop::with(&format!("{set}{create}{rows}")).await;
            assert_eq!(
                shop.database
                    .numbers("select created_time from category union all select updated_time from category")
                    .await,
                [read, read],
                "{kind} {set}"
            );
        }
    }
    let create = categories_with("timestamp");
    let berlin = "SET time_zone = 'Europe/Berlin';\n";
    let refusal = Shop::new()
        .await
        .refusal(format!("{berlin}{create}{UNNAMED}"), Terms::default())
        .await;
    assert!(refusal.contains("time zone Europe/Berlin"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_seen_in_a_paste_is_shown_in_its_fault() {
    let row = category(7, "x");
    for (sql, said) in [
        (
            format!("\u{200b}{row}"),
            "\\u{200b}INSERT is no statement of a dump",
        ),
        (
            row.replacen(' ', "\u{a0}", 1),
            "INSERT\\u{a0}INTO is no statement of a dump",
        ),
        (
            format!("\u{1b}[31m{row}"),
            "\\u{1b} is no statement of a dump",
        ),
    ] {
        let refusal = Shop::new().await.refusal(sql, Terms::default()).await;
        assert!(refusal.contains(said), "{refusal}");
    }
}

//! The import of the original's dump, and that the catalogue shows nothing that it must not.

use qiangke::{
    server::{
        boot,
        import::{self, FAULTS_MAX, ImportError, SEED},
        store::{RowCounts, Store, Table},
    },
    types::{
        catalog::{Level, Role, Status},
        ids::{CategoryId, CourseId, TeacherId},
        money::Fen,
        page::{CourseQuery, PriceBand},
        time::Millis,
    },
};
use support::database::TestDatabase;
use tempfile::TempDir;

/// A shop's database in a folder of its own.
struct Shop {
    store: Store,
    _folder: TempDir,
}

impl Shop {
    async fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let database = TestDatabase::new(folder.path()).await;
        let store = boot::open_store(&database.url).await.expect("a database");
        store.migrate(&[7; 32]).await.expect("tables");
        Self {
            store,
            _folder: folder,
        }
    }

    async fn with(sql: &str) -> Self {
        let shop = Self::new().await;
        shop.take(sql).await;
        shop
    }

    async fn take(&self, sql: &str) -> Vec<(Table, RowCounts)> {
        match import::run(&self.store, sql, false).await {
            Ok(outcome) => outcome.counts,
            Err(error) => panic!("{error}"),
        }
    }

    /// What is said against the file, a line for each fault, without the column of its place.
    async fn refusal(&self, sql: &str, update: bool) -> Vec<String> {
        match import::run(&self.store, sql, update).await {
            Err(ImportError::Refused(faults)) => faults
                .list()
                .iter()
                .map(|fault| without_column(&fault.to_string()))
                .collect(),
            other => panic!("not refused: {other:?}"),
        }
    }

    async fn version(&self) -> i64 {
        self.store.catalog_version().await.expect("a version")
    }

    /// Every answer of the catalogue that somebody without rights can get, as text.
    async fn everything_shown(&self) -> String {
        let mut shown = format!("{:?}", self.store.categories().await.expect("categories"));
        let queries = [
            CourseQuery::default(),
            CourseQuery {
                search: Some("secret".to_owned()),
                ..CourseQuery::default()
            },
            CourseQuery {
                category: Some(CategoryId(1)),
                ..CourseQuery::default()
            },
            CourseQuery {
                teacher: Some(TeacherId(1)),
                ..CourseQuery::default()
            },
            CourseQuery {
                level: Some(Level::Beginner),
                price: Some(PriceBand::Paid),
                ..CourseQuery::default()
            },
        ];
        for query in queries {
            shown.push_str(&format!(
                "{:?}",
                self.store.courses(&query).await.expect("courses")
            ));
        }
        for id in 0..20 {
            shown.push_str(&format!(
                "{:?}",
                self.store.course(CourseId(id)).await.expect("a course")
            ));
        }
        shown.push_str(&format!(
            "{:?}",
            self.store.banners(100).await.expect("banners")
        ));
        shown.push_str(&format!(
            "{:?}",
            self.store.sales(Millis(0)).await.expect("sales")
        ));
        shown
    }
}

fn without_column(fault: &str) -> String {
    let (line, rest) = fault.split_once(", column ").expect("a place");
    let (_, what) = rest.split_once(": ").expect("what is wrong");
    format!("{line}: {what}")
}

fn counts(inserted: u64, updated: u64, unchanged: u64) -> RowCounts {
    RowCounts {
        inserted,
        updated,
        unchanged,
    }
}

/// Rows in all, over all tables.
fn total(counts: &[(Table, RowCounts)]) -> (u64, u64, u64) {
    counts.iter().fold((0, 0, 0), |(i, u, s), (_, c)| {
        (i + c.inserted, u + c.updated, s + c.unchanged)
    })
}

const BASE: &str = "orders, is_show, is_delete, created_time, updated_time";
const STAMPS: &str = "'2022-07-14 10:00:00', '2022-07-14 10:00:00'";

/// A row with all base fields at rest, and these of its own.
fn row(table: &str, id: i64, columns: &str, values: &str) -> String {
    flagged(table, id, true, false, columns, values)
}

fn flagged(
    table: &str,
    id: i64,
    is_show: bool,
    is_delete: bool,
    columns: &str,
    values: &str,
) -> String {
    format!(
        "INSERT INTO {table}(id, {BASE}, {columns}) VALUES ({id}, {id}, {is_show}, {is_delete}, {STAMPS}, {values});\n"
    )
}

fn category(id: i64, name: &str) -> String {
    row("luffy_course_category", id, "name", &format!("'{name}'"))
}

fn course(id: i64, columns: &str, values: &str) -> String {
    row(
        "luffy_course",
        id,
        &format!("name, {columns}"),
        &format!("'Course {id}', {values}"),
    )
}

#[tokio::test]
async fn the_original_s_eighteen_rows_load_with_four_lessons_of_our_own() {
    let shop = Shop::new().await;
    assert_eq!(
        shop.take(SEED[0]).await,
        [
            (Table::Teacher, counts(3, 0, 0)),
            (Table::Category, counts(2, 0, 0)),
            (Table::Course, counts(3, 0, 0)),
            (Table::Chapter, counts(4, 0, 0)),
            (Table::Section, counts(10, 0, 0)),
            (Table::Banner, counts(0, 0, 0)),
        ]
    );
    let names: Vec<_> = shop
        .store
        .categories()
        .await
        .expect("categories")
        .into_iter()
        .map(|category| category.name)
        .collect();
    assert_eq!(names, ["Python", "Linux"]);
    let (count, courses) = shop
        .store
        .courses(&CourseQuery::default())
        .await
        .expect("courses");
    assert_eq!(count, 3);
    let prices: Vec<_> = courses
        .iter()
        .map(|course| (course.id.0, course.price, course.students))
        .collect();
    assert_eq!(
        prices,
        [(1, Fen(0), 231), (2, Fen(9_900), 340), (3, Fen(3_900), 219)]
    );
    let mut outline = Vec::new();
    for id in 1..=3 {
        let detail = shop
            .store
            .course(CourseId(id))
            .await
            .expect("a read")
            .expect("a course");
        outline.push(
            detail
                .coursechapters
                .iter()
                .map(|chapter| chapter.coursesections.len())
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!(outline, [vec![2, 4], vec![3], vec![1]]);
    assert_eq!(shop.store.audit().await.expect("an audit"), []);
}

#[tokio::test]
async fn values_arrive_as_the_original_meant_them() {
    let shop = Shop::with(SEED[0]).await;
    let detail = shop
        .store
        .course(CourseId(1))
        .await
        .expect("a read")
        .expect("a course");
    let teacher = detail.course.teacher.expect("a teacher");
    assert_eq!(
        (teacher.name.as_str(), teacher.role),
        ("Alex", Role::Mentor)
    );
    assert!(
        teacher
            .brief
            .contains(r"51CTO学院2016\2017年度最受学员喜爱"),
        "the backslash survives: {}",
        teacher.brief
    );
    assert_eq!(teacher.signature.as_deref(), Some("金角大王"));
    assert_eq!(detail.course.pub_date, "2022-07-14");
    // 2022-07-14 14:02:33.779193 in Shanghai is 06:02:33 UTC.
    assert_eq!(
        detail.coursechapters[0].coursesections[0].pub_date,
        Millis(1_657_778_553_779)
    );
    assert!(detail.coursechapters[0].coursesections[0].free_trail);
    assert!(!detail.coursechapters[1].coursesections[0].free_trail);
}

#[tokio::test]
async fn our_banners_load() {
    let shop = Shop::with(SEED[1]).await;
    let banners = shop.store.banners(10).await.expect("banners");
    let slides: Vec<_> = banners
        .iter()
        .map(|banner| {
            (
                banner.title.as_str(),
                banner.image.as_str(),
                banner.link.as_str(),
            )
        })
        .collect();
    assert_eq!(
        slides,
        [
            ("整点开抢", "banner/rush.png", "/#sales"),
            (
                "Python 从零到项目",
                "banner/python.png",
                "/courses?category=1"
            ),
            ("Linux 五周入门", "banner/linux.png", "/courses?category=2"),
        ]
    );
}

#[tokio::test]
async fn importing_twice_changes_nothing() {
    let shop = Shop::new().await;
    let before = shop.version().await;
    for file in SEED {
        shop.take(file).await;
    }
    let after = shop.version().await;
    assert_eq!(after, before + 2, "each file is one change");
    for update in [false, true] {
        for (file, rows) in SEED.into_iter().zip([22, 3]) {
            let outcome = import::run(&shop.store, file, update)
                .await
                .expect("the same file again");
            assert_eq!(total(&outcome.counts), (0, 0, rows));
        }
    }
    assert_eq!(shop.version().await, after);
}

#[tokio::test]
async fn other_values_are_refused_and_named_or_taken_with_update() {
    let shop = Shop::with(SEED[0]).await;
    let before = (shop.version().await, shop.everything_shown().await);
    let changed = SEED[0]
        .replace("99.00, 1, 2)", "89.50, 1, 2)")
        .replace("'2022-07-14 13:56:05.051142'", "'2022-07-15 00:00:00'");
    assert_eq!(
        shop.refusal(&changed, false).await,
        [
            "line 7: luffy_course.updated_time: row 2 stands with '2022-07-14 13:56:05.051', the file has '2022-07-15 00:00:00.000'",
            "line 7: luffy_course.price: row 2 stands with 99.00, the file has 89.50",
        ]
    );
    assert_eq!(
        (shop.version().await, shop.everything_shown().await),
        before
    );

    let outcome = import::run(&shop.store, &changed, true)
        .await
        .expect("an update");
    assert_eq!(total(&outcome.counts), (0, 1, 21));
    assert_eq!(outcome.counts[2], (Table::Course, counts(0, 1, 2)));
    assert_eq!(shop.version().await, before.0 + 1);
    let course = shop
        .store
        .course(CourseId(2))
        .await
        .expect("a read")
        .expect("a course")
        .course;
    assert_eq!(course.price, Fen(8_950));
}

/// For each table a row, and each of its columns with another value.
#[tokio::test]
async fn a_change_of_any_column_is_noticed_and_taken() {
    let parents = [
        category(8, "Eight"),
        row("luffy_teacher", 8, "name, title, brief", "'T', 't', 'b'"),
        course(8, "price", "0"),
    ]
    .concat()
        + &row("luffy_course_chapter", 8, "name, course_id", "'C', 8");
    let tables = [
        (
            "luffy_teacher",
            "name 'n' 'm', role 0 1, title 't' 'u', signature 's' NULL, image 'a/b' 'a/c', brief 'b' 'c'",
        ),
        ("luffy_course_category", "name 'n' 'm'"),
        (
            "luffy_course",
            "name 'n' 'm', course_img 'a' NULL, course_type 0 1, brief NULL 'b', level 0 1, pub_date '2022-01-01' '2022-01-02', period 7 8, \
             attachment_path 'a' 'b', status 0 2, students 0 1, sections 0 1, pub_sections 0 1, price 0 1, course_category_id NULL 8, \
             teacher_id NULL 8",
        ),
        (
            "luffy_course_chapter",
            "chapter 1 2, name 'n' 'm', summary 's' NULL, pub_date '2022-01-01' '2022-01-02', course_id 7 8",
        ),
        (
            "luffy_course_section",
            "name 'n' 'm', section_type 0 1, section_link 'l' 'm', duration '1' '2', pub_date '2022-01-01~00:00:00' '2022-01-01~00:00:01', \
             free_trail 0 1, chapter_id 7 8",
        ),
        (
            "luffy_banner",
            "title 't' 'u', image 'a' 'b', link '/' '/a', info 'i' 'j'",
        ),
    ];
    let base = "orders 1 2, is_show 1 0, is_delete 0 1, created_time '2022-01-01~00:00:00' '2022-01-01~00:00:01', \
                updated_time '2022-01-01~00:00:00' '2022-01-01~00:00:01'";
    for (table, own) in tables {
        let all = format!("{base}, {own}");
        let columns: Vec<[&str; 3]> = all
            .split(", ")
            .map(|column| {
                let mut words = column.split_whitespace();
                std::array::from_fn(|_| words.next().expect("name, value, other value"))
            })
            .collect();
        let insert = |changed: Option<usize>| {
            let names: Vec<_> = columns.iter().map(|[name, ..]| *name).collect();
            let values: Vec<_> = columns
                .iter()
                .enumerate()
                .map(|(n, [_, a, b])| if Some(n) == changed { *b } else { *a })
                .collect();
            format!(
                "INSERT INTO {table}(id, {}) VALUES (7, {});",
                names.join(", "),
                values.join(", ")
            )
            .replace('~', " ")
        };
        let ancestors = match table {
            "luffy_course_chapter" => row("luffy_course", 7, "name", "'Seven'"),
            "luffy_course_section" => {
                row("luffy_course", 7, "name", "'Seven'")
                    + &row("luffy_course_chapter", 7, "name, course_id", "'S', 7")
            }
            _ => String::new(),
        };
        let shop = Shop::with(&(parents.clone() + &ancestors + &insert(None))).await;
        for (n, [name, ..]) in columns.iter().enumerate() {
            let refusal = shop.refusal(&insert(Some(n)), false).await;
            assert_eq!(refusal.len(), 1, "{table}.{name}: {refusal:?}");
            assert!(
                refusal[0].starts_with(&format!("line 1: {table}.{name}: row 7 stands with ")),
                "{refusal:?}"
            );
            let outcome = import::run(&shop.store, &insert(Some(n)), true)
                .await
                .expect("an update");
            assert_eq!(total(&outcome.counts), (0, 1, 0), "{table}.{name}");
            let outcome = import::run(&shop.store, &insert(Some(n)), false)
                .await
                .expect("the same again");
            assert_eq!(
                total(&outcome.counts),
                (0, 0, 1),
                "{table}.{name} was written as it is read"
            );
            import::run(&shop.store, &insert(None), true)
                .await
                .expect("the first values again");
        }
    }
}

#[tokio::test]
async fn what_is_left_out_gets_the_original_s_defaults() {
    let sql = "INSERT INTO luffy_course(name, orders, id, created_time) VALUES ('Bare', 1, 5, '2022-12-31 23:59:59');
               INSERT INTO luffy_course_chapter(id, orders, created_time, name, course_id) VALUES (5, 1, '2023-01-01 00:00:00', 'One', 5);
               INSERT INTO luffy_course_section(id, orders, created_time, name, chapter_id) VALUES (5, 1, '1970-01-01 08:00:01', 'S', 5);";
    let shop = Shop::with(sql).await;
    let detail = shop
        .store
        .course(CourseId(5))
        .await
        .expect("a read")
        .expect("shown by default");
    assert_eq!(
        (
            detail.course.period,
            detail.course.price,
            detail.course.status
        ),
        (7, Fen(0), Status::Online)
    );
    assert_eq!(
        (detail.course.pub_date.as_str(), detail.course.level),
        ("2022-12-31", Level::Beginner)
    );
    assert_eq!(detail.coursechapters[0].chapter, 1);
    let section = &detail.coursechapters[0].coursesections[0];
    assert_eq!(
        (
            section.pub_date,
            section.free_trail,
            i64::from(section.section_type)
        ),
        (Millis(1_000), false, 2)
    );
    assert_eq!(total(&shop.take(sql).await), (0, 0, 3));
}

#[tokio::test]
async fn names_are_taken_in_any_case_and_rows_in_any_number_and_order() {
    let shop = Shop::new().await;
    let sql = "\u{feff}-- a comment; not a statement
               ;; /* nor; this */
               insert into `LUFFY_Course_Chapter` (ID, Orders, \"name\", created_time, course_id)
                   values (1, 1, 'it''s; one', '2022-01-01 00:00:00', 9), (2, 2, 'two', '2022-01-01 00:00:00', 9);
               INSERT INTO luffy_course(id, orders, created_time, name) VALUES (9, 1, '2022-01-01 00:00:00', 'after its chapters');";
    assert_eq!(total(&shop.take(sql).await), (3, 0, 0));
    let detail = shop
        .store
        .course(CourseId(9))
        .await
        .expect("a read")
        .expect("a course");
    assert_eq!(detail.coursechapters[0].name, "it's; one");
}

#[tokio::test]
async fn each_kind_of_bad_row_is_refused_with_its_number_and_writes_nothing() {
    let good = category(1, "One") + &row("luffy_course", 1, "name", "'One'");
    let long = "长".repeat(129);
    let cases: Vec<(String, &str)> = vec![
        (
            "UPDATE luffy_course SET price = 1;".into(),
            "line 3: luffy_course: only rows are taken",
        ),
        (
            "DELETE FROM luffy_course WHERE id = 1;".into(),
            "line 3: luffy_course: only rows are taken",
        ),
        (
            "ROLLBACK; -- due to errors".into(),
            "line 3: the file takes its rows back",
        ),
        (
            "INSRT INTO x;".into(),
            "line 3: INSRT is no statement of a dump",
        ),
        (
            "INSERT INTO luffy_course(id) VALUES (1".into(),
            "line 3: luffy_course: can't be read: , or ) expected, found the end of the file",
        ),
        (
            "INSERT INTO luffy_course(id, name) VALUES (1, 'open);".into(),
            "line 3: what begins here does not end",
        ),
        (
            "INSERT INTO luffy_course(id, name) VALUES /* (1, 'open');".into(),
            "line 3: what begins here does not end",
        ),
        (
            "INSERT INTO luffy_course(id, name) VALUES 1;".into(),
            "line 3: luffy_course: can't be read: ( expected, found 1",
        ),
        (
            "INSERT INTO luffy_course(1) VALUES (1);".into(),
            "line 3: luffy_course: can't be read: a column's name expected, found 1",
        ),
        (
            course(2, "price", "1").replace(");", ") nonsense;"),
            "line 3: luffy_course: can't be read: , or ; expected, found nonsense",
        ),
        (
            "INSERT INTO luffy_course VALUES (2);".into(),
            "line 3: luffy_course: the columns must be named, here or in a CREATE TABLE before",
        ),
        (
            "INSERT INTO luffy_course(id) SELECT 1;".into(),
            "line 3: luffy_course: only rows are taken",
        ),
        (
            "INSERT INTO luffy_course SET id = 1;".into(),
            "line 3: luffy_course: only rows are taken",
        ),
        (
            course(2, "colour", "1"),
            "line 3: luffy_course.colour: the table has no such column",
        ),
        (
            course(2, "price, PRICE", "1, 1"),
            "line 3: luffy_course.price: the column is named twice",
        ),
        (
            course(2, "price, level", "1"),
            "line 3: luffy_course: 8 values for 9 columns",
        ),
        (
            course(2, "price", "1, 2"),
            "line 3: luffy_course: 9 values for 8 columns",
        ),
        (
            row("luffy_course", 2, "price", "1"),
            "line 3: luffy_course.name: the column is missing and has no default",
        ),
        (
            row("luffy_course", 2, "name", "NULL"),
            "line 3: luffy_course.name: must not be NULL",
        ),
        (
            row("luffy_course", 2, "name", "' '"),
            "line 3: luffy_course.name: must not be empty",
        ),
        (
            row("luffy_course", 2, "name", "7"),
            "line 3: luffy_course.name: 7 is not a text",
        ),
        (
            row("luffy_course", 2, "name", "upper('x')"),
            "line 3: luffy_course.name: upper('x') is not a text",
        ),
        (
            row("luffy_course", 2, "name", &format!("'{long}'")),
            "line 3: luffy_course.name: 129 characters, 128 at most",
        ),
        (
            row("luffy_course", 0, "name", "'x'"),
            "line 3: luffy_course.id: 0 is not between 1 and ",
        ),
        (
            course(2, "level", "3"),
            "line 3: luffy_course.level: 3 is not known here, only 0 Beginner, 1 Intermediate, 2 Advanced: change it in the file",
        ),
        (
            course(2, "level", "NULL"),
            "line 3: luffy_course.level: must not be NULL",
        ),
        (
            course(2, "course_type", "2"),
            "line 3: luffy_course.course_type: 2 is not known here, only 0 Paid, 1 VIP only",
        ),
        (
            course(2, "status", "-1"),
            "line 3: luffy_course.status: -1 is not known here, only 0 ",
        ),
        (
            course(2, "students", "-1"),
            "line 3: luffy_course.students: -1 is not between 0 and ",
        ),
        (
            course(2, "students", "1.5"),
            "line 3: luffy_course.students: 1.5 is not a whole number",
        ),
        (
            course(2, "students", "1 + 1"),
            "line 3: luffy_course.students: 1 + 1 is not a whole number",
        ),
        (
            course(2, "price", "1.999"),
            "line 3: luffy_course.price: 1.999 has more than two decimals",
        ),
        (
            course(2, "price", "-1"),
            "line 3: luffy_course.price: -1 is not between 0.00 and 9999.99",
        ),
        (
            course(2, "price", "10000"),
            "line 3: luffy_course.price: 10000 is not between 0.00 and 9999.99",
        ),
        (
            course(2, "price", "'free'"),
            "line 3: luffy_course.price: 'free' is not a price like 99.00",
        ),
        (
            course(2, "pub_date", "'2022-02-30'"),
            "line 3: luffy_course.pub_date: '2022-02-30' is not a date of the calendar like 'YYYY-MM-DD'",
        ),
        (
            row(
                "luffy_course_section",
                1,
                "name, chapter_id, pub_date",
                "'x', 1, '2022-07-14'",
            ),
            "line 3: luffy_course_section.pub_date: '2022-07-14' is not a time of the calendar like 'YYYY-MM-DD HH:MM:SS', up to 9999-12-30",
        ),
        (
            course(2, "course_img", "'../key'"),
            "line 3: luffy_course.course_img: ../key is not a path below the pictures' folder",
        ),
        (
            course(2, "course_img", "'a b.png'"),
            "line 3: luffy_course.course_img: a b.png is not a path below the pictures' folder",
        ),
        (
            course(2, "course_img", "'a%2fb.png'"),
            "line 3: luffy_course.course_img: a%2fb.png is not a path below the pictures' folder",
        ),
        (
            "COPY luffy_course (id) FROM stdin WITH (FORMAT csv);\n1\n\\.\n".into(),
            "line 3: luffy_course: COPY with options can't be read (WITH ( FORMAT csv )): write the rows as pg_dump does",
        ),
        (
            "CREATE TABLE luffy_course (id int;".into(),
            "line 3: luffy_course: can't be read: ) expected, found the end of the statement",
        ),
        (
            row(
                "luffy_banner",
                1,
                "title, image, info, link",
                "'t', 'i', 'i', 'javascript:alert(1)'",
            ),
            "line 3: luffy_banner.link: javascript:alert(1) is neither a path of this shop nor an address of the web",
        ),
        (
            course(1, "price", "1"),
            "line 3: luffy_course.id: number 1 stands already in line 2, column ",
        ),
        (
            category(2, "One"),
            "line 3: luffy_course_category.name: the name One stands already in line 1, column ",
        ),
        (
            course(2, "course_category_id", "7"),
            "line 3: luffy_course.course_category_id: row 2 belongs to number 7 of luffy_course_category, \
             which is neither in the file nor in the database",
        ),
        (
            course(2, "teacher_id", "7"),
            "line 3: luffy_course.teacher_id: row 2 belongs to number 7 of luffy_teacher, ",
        ),
        (
            row("luffy_course_chapter", 1, "name, course_id", "'x', 7"),
            "line 3: luffy_course_chapter.course_id: row 1 belongs to number 7 of luffy_course, ",
        ),
        (
            row("luffy_course_section", 1, "name, chapter_id", "'x', 7"),
            "line 3: luffy_course_section.chapter_id: row 1 belongs to number 7 of luffy_course_chapter, ",
        ),
        (
            "INSERT INTO luffy_course_category(id, orders, created_time, name) VALUES
                 (2, 1, '2022-01-01 00:00:00', 'Two'), (3, 'x', '2022-01-01 00:00:00', 'Three');"
                .into(),
            "line 4: luffy_course_category.orders: 'x' is not a whole number",
        ),
    ];
    let shop = Shop::with(&category(100, "Before")).await;
    let before = (shop.version().await, shop.everything_shown().await);
    for (bad, expected) in cases {
        for update in [false, true] {
            let refusal = shop.refusal(&(good.clone() + &bad), update).await;
            assert_eq!(refusal.len(), 1, "{bad}: {refusal:?}");
            assert!(
                refusal[0].starts_with(expected),
                "{bad}\n{}\n{expected}",
                refusal[0]
            );
            assert!(!refusal[0].contains('\n'));
        }
        assert_eq!(
            (shop.version().await, shop.everything_shown().await),
            before,
            "{bad}"
        );
    }
    shop.take(&good).await;
}

#[tokio::test]
async fn a_name_of_the_database_is_not_given_twice() {
    let shop = Shop::with(&category(1, "One")).await;
    for update in [false, true] {
        assert_eq!(
            shop.refusal(
                &(category(2, "One") + &course(1, "course_category_id", "2")),
                update
            )
            .await,
            [
                "line 1: luffy_course_category.name: the name stands in the database already, at number 1"
            ]
        );
    }
}

#[tokio::test]
async fn faults_are_reported_together_in_their_order_up_to_a_limit() {
    let shop = Shop::with(&category(1, "One")).await;
    let sql = [
        category(1, "Other"),
        course(1, "level, status", "7, 8"),
        "UPDATE luffy_course SET price = 1;\n".into(),
        row(
            "luffy_course_chapter",
            1,
            "name, course_id",
            "'of a course that can not be read', 1",
        ),
        course(2, "teacher_id, price", "NULL, 1.234"),
    ]
    .concat();
    assert_eq!(
        shop.refusal(&sql, false).await,
        [
            "line 1: luffy_course_category.name: row 1 stands with 'One', the file has 'Other'",
            "line 2: luffy_course.level: 7 is not known here, only 0 Beginner, 1 Intermediate, 2 Advanced: change it in the file",
            "line 2: luffy_course.status: 8 is not known here, only 0 Online, 1 Offline, 2 Coming soon: change it in the file",
            "line 3: luffy_course: only rows are taken: INSERT or REPLACE INTO table (columns) VALUES (values), or COPY … FROM stdin",
            "line 5: luffy_course.price: 1.234 has more than two decimals",
        ]
    );

    let many: String = (1..=50).map(|id| course(id, "level", "9")).collect();
    let Err(ImportError::Refused(faults)) = import::run(&shop.store, &many, false).await else {
        panic!("not refused")
    };
    assert_eq!((faults.list().len(), faults.more()), (FAULTS_MAX, 30));
    assert!(faults.to_string().ends_with("\nand 30 more"));
}

#[tokio::test]
async fn a_column_that_is_missing_is_said_once() {
    let shop = Shop::new().await;
    let sql = "INSERT INTO luffy_course_category(id, orders, name) VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c');";
    assert_eq!(
        shop.refusal(sql, false).await,
        ["line 1: luffy_course_category.created_time: the column is missing and has no default"]
    );
}

#[tokio::test]
async fn the_report_has_a_line_for_each_table() {
    let shop = Shop::new().await;
    // As a task of its own, which the server's are: the future must be free to move.
    let store = shop.store.clone();
    let outcome = tokio::spawn(async move { import::run(&store, SEED[0], false).await })
        .await
        .expect("a task")
        .expect("an import");
    let report = outcome.to_string();
    let lines: Vec<_> = report.lines().collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(lines[0], "teacher: 3 added, 0 updated, 0 unchanged");
    assert_eq!(lines[4], "section: 10 added, 0 updated, 0 unchanged");
}

#[tokio::test]
async fn hidden_deleted_and_offline_rows_never_show() {
    let mut sql = String::new();
    // What stands on the shelf, and carries what must not be seen.
    sql += &category(1, "Open category");
    sql += &flagged(
        "luffy_course_category",
        2,
        false,
        false,
        "name",
        "'SECRET hidden category'",
    );
    sql += &flagged(
        "luffy_course_category",
        3,
        true,
        true,
        "name",
        "'SECRET deleted category'",
    );
    sql += &row(
        "luffy_teacher",
        1,
        "name, title, brief",
        "'Open teacher', 't', 'b'",
    );
    sql += &flagged(
        "luffy_teacher",
        2,
        false,
        false,
        "name, title, brief",
        "'SECRET teacher', 'SECRET', 'SECRET'",
    );
    sql += &flagged(
        "luffy_teacher",
        3,
        true,
        true,
        "name, title, brief",
        "'SECRET teacher', 'SECRET', 'SECRET'",
    );
    let of_course = "name, brief, course_category_id, teacher_id, price, status";
    sql += &row(
        "luffy_course",
        1,
        of_course,
        "'Open course', 'b', 1, 1, 9, 0",
    );
    sql += &row(
        "luffy_course",
        2,
        of_course,
        "'Announced course', 'b', 2, 2, 9, 2",
    );
    sql += &row(
        "luffy_course",
        3,
        of_course,
        "'Bare course', 'b', 3, 3, 9, 0",
    );
    sql += &flagged(
        "luffy_course",
        4,
        false,
        false,
        of_course,
        "'SECRET hidden', 'SECRET', 1, 1, 9, 0",
    );
    sql += &flagged(
        "luffy_course",
        5,
        true,
        true,
        of_course,
        "'SECRET deleted', 'SECRET', 1, 1, 9, 0",
    );
    sql += &row(
        "luffy_course",
        6,
        of_course,
        "'SECRET offline', 'SECRET', 1, 1, 9, 1",
    );
    let of_chapter = "name, summary, course_id";
    sql += &row(
        "luffy_course_chapter",
        1,
        of_chapter,
        "'Open chapter', 's', 1",
    );
    sql += &flagged(
        "luffy_course_chapter",
        2,
        false,
        false,
        of_chapter,
        "'SECRET chapter', 'SECRET', 1",
    );
    sql += &flagged(
        "luffy_course_chapter",
        3,
        true,
        true,
        of_chapter,
        "'SECRET chapter', 'SECRET', 1",
    );
    sql += &row(
        "luffy_course_chapter",
        4,
        of_chapter,
        "'SECRET chapter', 'SECRET', 4",
    );
    let of_section = "name, section_link, free_trail, chapter_id";
    sql += &row(
        "luffy_course_section",
        1,
        of_section,
        "'Free section', 'https://open/', 1, 1",
    );
    sql += &row(
        "luffy_course_section",
        2,
        of_section,
        "'Paid section', 'https://SECRET/', 0, 1",
    );
    sql += &flagged(
        "luffy_course_section",
        3,
        false,
        false,
        of_section,
        "'SECRET section', 'SECRET', 1, 1",
    );
    sql += &flagged(
        "luffy_course_section",
        4,
        true,
        true,
        of_section,
        "'SECRET section', 'SECRET', 1, 1",
    );
    sql += &row(
        "luffy_course_section",
        5,
        of_section,
        "'SECRET section', 'SECRET', 1, 2",
    );
    sql += &row(
        "luffy_course_section",
        6,
        of_section,
        "'SECRET section', 'SECRET', 1, 3",
    );
    let of_banner = "title, image, link, info";
    sql += &row(
        "luffy_banner",
        1,
        of_banner,
        "'Open banner', 'banner/a.png', '/', 'i'",
    );
    sql += &flagged(
        "luffy_banner",
        2,
        false,
        false,
        of_banner,
        "'SECRET', 'banner/SECRET.png', '/', 'i'",
    );
    sql += &flagged(
        "luffy_banner",
        3,
        true,
        true,
        of_banner,
        "'SECRET', 'banner/SECRET.png', '/', 'i'",
    );
    let shop = Shop::with(&sql).await;

    let shown = shop.everything_shown().await;
    assert!(!shown.contains("SECRET"), "{shown}");
    for open in [
        "Open category",
        "Open teacher",
        "Open course",
        "Announced course",
        "Bare course",
        "Open chapter",
        "https://open/",
    ] {
        assert!(shown.contains(open), "{open} is shown");
    }
    assert!(shown.contains("Paid section") && shown.contains("Open banner"));

    let ids = |ids: Vec<CourseId>| ids.into_iter().map(|id| id.0).collect::<Vec<_>>();
    assert_eq!(
        ids(shop.store.course_ids(100).await.expect("numbers")),
        [1, 2, 3]
    );
    for (query, expected) in [
        (CourseQuery::default(), vec![1, 2, 3]),
        (
            CourseQuery {
                category: Some(CategoryId(1)),
                ..CourseQuery::default()
            },
            vec![1],
        ),
        (
            CourseQuery {
                category: Some(CategoryId(2)),
                ..CourseQuery::default()
            },
            vec![],
        ),
        (
            CourseQuery {
                teacher: Some(TeacherId(1)),
                ..CourseQuery::default()
            },
            vec![1],
        ),
        (
            CourseQuery {
                teacher: Some(TeacherId(3)),
                ..CourseQuery::default()
            },
            vec![],
        ),
        (
            CourseQuery {
                search: Some("SECRET".to_owned()),
                ..CourseQuery::default()
            },
            vec![],
        ),
    ] {
        let (count, courses) = shop.store.courses(&query).await.expect("courses");
        assert_eq!(
            ids(courses.iter().map(|course| course.id).collect()),
            expected,
            "{query:?}"
        );
        assert_eq!(
            count,
            expected.len() as i64,
            "the count tells nothing either: {query:?}"
        );
    }
    for id in 4..=6 {
        assert_eq!(
            shop.store.course(CourseId(id)).await.expect("a read"),
            None,
            "course {id}"
        );
    }
}

#[tokio::test]
async fn a_search_takes_wildcards_literally() {
    let names = [
        "100% Rust",
        "100 Rust",
        "snake_case",
        "snakeXcase",
        "wow!",
        "wow",
        r"C:\dos",
        "Ünïcode",
        "x' or 1=1",
    ];
    let sql: String = names
        .iter()
        .zip(1..)
        .map(|(name, id)| {
            row(
                "luffy_course",
                id,
                "name",
                &format!("'{}'", name.replace('\'', "''")),
            )
        })
        .collect();
    let shop = Shop::with(&sql).await;
    for (search, expected) in [
        ("100%", vec![1]),
        ("%", vec![1]),
        ("100", vec![1, 2]),
        ("_", vec![3]),
        ("e_c", vec![3]),
        ("!", vec![5]),
        ("WOW", vec![5, 6]),
        (r"\", vec![7]),
        ("' or 1=1", vec![9]),
        ("%%", vec![]),
    ] {
        let query = CourseQuery {
            search: Some(search.to_owned()),
            ..CourseQuery::default()
        };
        let (count, courses) = shop.store.courses(&query).await.expect("courses");
        let found: Vec<_> = courses.iter().map(|course| course.id.0).collect();
        assert_eq!(
            (found, count),
            (expected.clone(), expected.len() as i64),
            "{search}"
        );
    }
}

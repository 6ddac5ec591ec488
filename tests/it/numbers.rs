//! Numbers of enums in SQL: beside each stands its name, as in `state = 2 /* paid */`, and both are
//! those of the enum.

use qiangke::types::{
    catalog::CourseType,
    order::OrderState,
    payment::{PaymentState, RefundState},
};
use std::collections::BTreeMap;
use support::source::{quotes, sources};

/// Every name that SQL may give a number.
fn numbers() -> BTreeMap<String, i64> {
    let orders = OrderState::ALL.map(|state| (state.name().to_owned(), state.number()));
    let payments = PaymentState::ALL.map(|state| (format!("payment {state:?}"), state.number()));
    let refunds = RefundState::ALL.map(|state| (format!("refund {state:?}"), state.number()));
    // `0003_sale.sql` says what a ticket's numbers are; no type has them.
    let tickets = ["waiting", "won", "lost"].into_iter().zip(0..);
    let tickets = tickets.map(|(name, number)| (format!("ticket {name}"), number));
    let named = orders.into_iter().chain(payments).chain(refunds);
    named
        .chain(tickets)
        .chain([("vip".to_owned(), i64::from(CourseType::Vip))])
        .map(|(name, number)| (name.to_lowercase(), number))
        .collect()
}

/// What is wrong with the numbers of a statement, or a part of one.
fn faults(sql: &str, names: &BTreeMap<String, i64>) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, _) in sql.match_indices("/*") {
        let (before, after) = (sql[..at].trim_end(), &sql[at + 2..]);
        let name = after.split("*/").next().unwrap_or_default().trim();
        let digits = before.rsplit(|c: char| !c.is_ascii_digit()).next();
        let number: Option<i64> = digits.and_then(|digits| digits.parse().ok());
        if number != names.get(name).copied() || number.is_none() {
            faults.push(format!("{number:?} is not `{name}`"));
        }
    }
    if !sql.contains("orders") && !sql.contains("course_type") {
        return faults;
    }
    for column in ["state", "course_type"] {
        for (at, _) in sql.match_indices(column) {
            let rest = sql[at + column.len()..].trim_start();
            let compared = ["= case when", "=", "<>", "in ("]
                .into_iter()
                .find_map(|operator| Some((operator, rest.strip_prefix(operator)?)));
            let Some((operator, value)) = compared else {
                continue;
            };
            let value = match operator {
                "in (" => value.split(')').next().unwrap_or_default(),
                "= case when" => {
                    let ends = [" end,", " end ", " end\n"];
                    let end = ends.iter().filter_map(|end| value.find(end)).min();
                    &value[..end.unwrap_or(value.len())]
                }
                _ => value.trim_start(),
            };
            let values: Vec<_> = match operator {
                "in (" => value.split(',').collect(),
                "= case when" => value
                    .split(" then ")
                    .flat_map(|part| part.split(" else "))
                    .skip(1)
                    .collect(),
                _ => vec![value],
            };
            for value in values {
                let value = value.trim_start();
                let digits = value.chars().take_while(char::is_ascii_digit).count();
                if digits > 0 && !value[digits..].starts_with(" /* ") {
                    faults.push(format!(
                        "{column} {operator} {}: without its name",
                        &value[..digits]
                    ));
                }
            }
        }
    }
    faults
}

#[test]
fn a_number_of_an_enum_in_sql_has_its_name_and_is_that_of_the_enum() {
    let names = numbers();
    for (file, text) in sources("src/server/store") {
        for sql in quotes(&text) {
            assert_eq!(
                faults(&sql, &names),
                <[&str; 0]>::default(),
                "{file}: {sql}"
            );
        }
    }
}

#[test]
fn a_wrong_number_and_one_without_a_name_are_found() {
    let names = numbers();
    for wrong in [
        "update orders set state = 3 /* paid */",
        "select 1 from orders where state in (0 /* held */, 1)",
        "select 1 from orders o where o.state <> 2",
        "update orders set state = case when x then 2 /* paid */ else 4 end",
        "then 1 /* nothing */",
        "select 1 from course where course_type = 1",
    ] {
        assert!(!faults(wrong, &names).is_empty(), "{wrong}");
    }
    for right in [
        "update orders set state = 2 /* paid */ where state = $1",
        "delete from ticket where state = 2",
        "select course_type from course",
    ] {
        assert!(faults(right, &names).is_empty(), "{right}");
    }
}

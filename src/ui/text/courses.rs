//! The list of courses.

use crate::types::{lang::Lang, sort::SortKey};

texts! {
    title = "全部课程", "All courses";
    search = "搜索课程", "Search courses";
    search_hint = "课程、老师或分类", "Course, teacher or category";
    search_go = "搜索", "Search";
    search_clear = "清除搜索", "Clear search";
    filter_category = "分类", "Category";
    filter_level = "难度", "Level";
    filter_all = "全部", "All";
    order = "排序", "Order";
    order_own = "网址里的次序", "As in the address";
    apply = "应用", "Apply";
    results_title = "结果", "Results";
    pager = "分页", "Pages";
    page_previous = "上一页", "Previous";
    page_next = "下一页", "Next";
    empty_title = "没有找到这样的课程", "No course matches";
    empty_text = "可以去掉一个条件再试：", "Drop one of these and try again:";
    empty_drop_category = "不限分类", "Any category";
    empty_drop_level = "不限难度", "Any level";
    empty_drop_type = "不限付费方式", "Any way to pay";
    empty_drop_teacher = "不限老师", "Any teacher";
    empty_drop_price = "不限价格", "Any price";
    popular = "大家在学", "Popular courses";
    empty_all = "看全部课程", "See all courses";
    beyond_title = "没有这一页", "There is no such page";
    beyond_text = "结果没有这么多页。", "The results do not go that far.";
    beyond_go = "回到第一页", "Back to the first page";
    bad_title = "网址里有一个条件看不懂", "A filter in this address can’t be used";
    bad_text = "下面这个条件不能用，去掉它就好：", "This filter can’t be used; without it the list works:";
    bad_go = "去掉所有条件", "Clear filters";
}

/// The name of an order that the list offers; `None` for one that only the interface knows.
pub fn order_name(lang: Lang, key: SortKey, descending: bool) -> Option<&'static str> {
    match (key, descending) {
        (SortKey::Orders, false) => Some(lang.pick("推荐", "Recommended")),
        (SortKey::Students, true) => Some(lang.pick("学的人最多", "Most students")),
        (SortKey::PubDate, true) => Some(lang.pick("最新上线", "Newest")),
        (SortKey::Price, false) => Some(lang.pick("价格从低到高", "Price, low to high")),
        (SortKey::Price, true) => Some(lang.pick("价格从高到低", "Price, high to low")),
        (SortKey::Orders, true)
        | (SortKey::Students | SortKey::PubDate, false)
        | (SortKey::Id, _) => None,
    }
}

/// A search of more characters than are looked for.
pub fn search_too_long(lang: Lang, most: usize) -> String {
    match lang {
        Lang::Zh => format!("搜索的词最多 {most} 个字，请写短一些。"),
        Lang::En => format!("A search has at most {most} characters. Please shorten it."),
    }
}

/// A filter that can't be used, by its name in the address.
pub fn bad_filter(lang: Lang, name: &str) -> String {
    let known = match name {
        "category" => filter_category(lang),
        "level" => filter_level(lang),
        "type" => lang.pick("付费方式", "Way to pay"),
        "teacher" => lang.pick("老师", "Teacher"),
        "price" => lang.pick("价格", "Price"),
        "q" => lang.pick("搜索", "Search"),
        "order" => order(lang),
        "page" => lang.pick("页码", "Page number"),
        other => other,
    };
    match lang {
        Lang::Zh => format!("「{known}」这个条件不能用了。"),
        Lang::En => format!("The filter “{known}” can’t be used."),
    }
}

/// How many there are.
pub fn found(lang: Lang, n: i64) -> String {
    match (lang, n) {
        (Lang::Zh, _) => format!("找到 {n} 门课程"),
        (Lang::En, 1) => String::from("1 course found"),
        (Lang::En, _) => format!("{n} courses found"),
    }
}

pub fn page(lang: Lang, n: i64) -> String {
    match lang {
        Lang::Zh => format!("第 {n} 页"),
        Lang::En => format!("Page {n}"),
    }
}

/// The same list without the search.
pub fn empty_drop_search(lang: Lang, search: &str) -> String {
    match lang {
        Lang::Zh => format!("去掉「{search}」"),
        Lang::En => format!("Remove “{search}”"),
    }
}

//! The home page and its carousel.

use crate::types::lang::Lang;

texts! {
    heading = "抢课：好课，准点开抢", "Qiangke: good courses, on the dot";
    carousel = "精选", "Highlights";
    carousel_pause = "暂停轮播", "Pause slides";
    carousel_play = "继续轮播", "Play slides";
    carousel_previous = "上一张", "Previous slide";
    carousel_next = "下一张", "Next slide";
    carousel_dots = "选择一张", "Choose a slide";
    look = "去看看", "Have a look";
    sales_title = "正在秒杀", "Flash sales on now";
    sales_title_soon = "即将开抢", "Opening soon";
    sales_title_still = "秒杀场次", "Flash sales";
    sales_note = "每人限一席，抢完即止。", "One seat each, while they last.";
    sales_none = "现在没有秒杀。", "No flash sale is on right now.";
    sales_none_next = "先逛逛全部课程", "Browse all courses in the meantime";
    categories_title = "课程分类", "Categories";
    popular_title = "大家都在学", "Popular courses";
    how_title = "秒杀怎么抢", "How a flash sale works";
    how_1_title = "先登录", "Sign in first";
    how_1 = "手机号加短信验证码，不用记密码。", "A mobile number and a code by SMS; no password to remember.";
    how_2_title = "到点再点", "Click on the dot";
    how_2 = "倒计时按服务器的钟走；点一次就够，不会重复下单。", "The countdown follows our server’s clock. One click is enough; nothing is ordered twice.";
    how_3_title = "排队拿座位", "Queue for your seat";
    how_3 = "点完就有名次，离开页面也保留；抢到的座位在「我的课程」里。", "You get a place at once, and keep it if you leave. Seats that you get are under My courses.";
}

/// What a dot of the carousel leads to.
pub fn carousel_dot(lang: Lang, n: usize, of: usize, title: &str) -> String {
    match lang {
        Lang::Zh => format!("第 {n} 张，共 {of} 张：{title}"),
        Lang::En => format!("Slide {n} of {of}: {title}"),
    }
}

//! Texts of the frame of every page.

texts! {
    shop = "抢课", "Qiangke";
    shop_title = "抢课 · 好课，准点开抢", "Qiangke · Good courses, on the dot";
    about = "抢课是一家在线课程店：好课准点开抢，一人一席，先到先得，排上的名次不会丢。", "Qiangke is a shop for online courses with flash sales: one seat each, first come first served, and your place is never lost.";
    skip = "跳到正文", "Skip to content";
    nav_main = "主导航", "Main";
    nav_courses = "课程", "Courses";
    nav_sales = "秒杀", "Flash sales";
    nav_mine = "我的课程", "My courses";
    nav_sign_in = "登录", "Sign in";
    other_language = "EN", "中文";
    other_language_name = "EN · English", "中文 · Chinese";
    footer_promise = "一人一席，先到先得，排上的名次不会丢。", "One seat each, first come first served, and your place is never lost.";
    footer_links = "页脚导航", "Footer";
    footer_time = "页面上的时间都是北京时间（UTC+8）。", "Times are Beijing time (UTC+8).";
    footer_how = "秒杀怎么抢", "How a flash sale works";
    crumbs = "当前位置", "You are here";
    home = "首页", "Home";
}

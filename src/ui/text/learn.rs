//! Studying a course.

use crate::types::lang::Lang;

texts! {
    outline = "课程大纲", "Outline";
    none_title = "这门课还没有课时", "This course has no lessons yet";
    none_text = "课时准备好后会出现在这里。", "They will be here once they are ready.";
    not_ready = "这一节的内容还没有上传。", "This lesson has not been uploaded yet.";
    not_ready_short = "未上传", "Not yet";
    preview = "试看：这一节免费。", "Free preview: this lesson costs nothing.";
    preview_go = "查看整门课", "See the whole course";
    preview_note = "登录后会记住您看到哪里。", "Sign in, and your place is kept.";
    locked = "购买后可学", "With the course";
    done = "已学完", "Done";
    finish = "标记为已学完", "Mark as done";
    previous = "上一节", "Previous";
    next = "下一节", "Next";
    here = "正在学", "Open now";
    steps = "上一节和下一节", "Previous and next lesson";
    speed = "播放速度", "Speed";
    keys = "快捷键：N 下一节，P 上一节，← → 快退或快进 10 秒", "Keys: N next, P previous, ← → 10 seconds back or on";
    no_video = "您的浏览器放不了这个视频，请换一个浏览器。", "Your browser can’t play this video: try another one.";
    open_document = "打开文档", "Open the reading";
    open_exercise = "打开练习", "Open the exercise";
    new_tab = "在新标签页打开；看完后回到这里，标记为已学完。", "It opens in a new tab. Come back here when you are through, and mark it as done.";
}

/// How many lessons are done, of all.
pub fn progress(lang: Lang, done: i64, of: i64) -> String {
    match lang {
        Lang::Zh => format!("已学 {done} / {of} 节"),
        Lang::En => format!("{done} of {of} done"),
    }
}

/// How much of a video was seen.
pub fn seen(lang: Lang, percent: i64) -> String {
    match lang {
        Lang::Zh => format!("看了 {percent}%"),
        Lang::En => format!("{percent}% seen"),
    }
}

/// The name of captions in the player's list.
pub fn captions(lang: Lang) -> &'static str {
    lang.pick("中文", "English")
}

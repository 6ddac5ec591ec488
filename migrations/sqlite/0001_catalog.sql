-- The shop's catalogue: the original's five tables and its banners.
-- Base fields of each: orders (position, ascending), is_show, is_delete, created_time, updated_time (epoch ms).

create table category (
    id           integer primary key,
    orders       bigint  not null,
    is_show      boolean not null,
    is_delete    boolean not null,
    created_time bigint  not null,
    updated_time bigint  not null,
    name         text    not null constraint category_name_unique unique
);

create table teacher (
    id           integer primary key,
    orders       bigint  not null,
    is_show      boolean not null,
    is_delete    boolean not null,
    created_time bigint  not null,
    updated_time bigint  not null,
    name         text    not null,
    role         bigint  not null constraint teacher_role_known check (role in (0, 1, 2)), -- 讲师 导师 班主任
    title        text    not null,
    signature    text,
    image        text,            -- a path below /media/
    brief        text    not null
);

create table course (
    id                 integer primary key,
    orders             bigint  not null,
    is_show            boolean not null,
    is_delete          boolean not null,
    created_time       bigint  not null,
    updated_time       bigint  not null,
    name               text    not null,
    course_img         text,      -- a path below /media/
    course_type        bigint  not null constraint course_type_known check (course_type in (0, 1)),  -- 付费 VIP专享
    brief              text,
    level              bigint  not null constraint course_level_known check (level in (0, 1, 2)),    -- 初级 中级 高级
    pub_date           text    not null,
    period             bigint  not null, -- suggested days of study
    attachment_path    text,
    status             bigint  not null constraint course_status_known check (status in (0, 1, 2)), -- 上线 下线 预上线
    students           bigint  not null,
    sections           bigint  not null, -- planned
    pub_sections       bigint  not null, -- published so far
    price_fen          bigint  not null constraint course_price_not_negative check (price_fen >= 0),
    course_category_id bigint,
    teacher_id         bigint
);
create index course_by_category on course (course_category_id);
create index course_by_teacher on course (teacher_id);

create table chapter (
    id           integer primary key,
    orders       bigint  not null,
    is_show      boolean not null,
    is_delete    boolean not null,
    created_time bigint  not null,
    updated_time bigint  not null,
    chapter      bigint  not null, -- 第几章
    name         text    not null,
    summary      text,
    pub_date     text    not null,
    course_id    bigint  not null
);
create index chapter_by_course on chapter (course_id);

create table section (
    id           integer primary key,
    orders       bigint  not null,
    is_show      boolean not null,
    is_delete    boolean not null,
    created_time bigint  not null,
    updated_time bigint  not null,
    name         text    not null,
    section_type bigint  not null constraint section_type_known check (section_type in (0, 1, 2)), -- 文档 练习 视频
    section_link text,            -- a video's id, or a document's link
    duration     text,            -- for show only
    pub_date     bigint  not null, -- epoch ms: the original has a time of day here
    free_trail   boolean not null,
    chapter_id   bigint  not null
);
create index section_by_chapter on section (chapter_id);

create table banner (
    id           integer primary key,
    orders       bigint  not null,
    is_show      boolean not null,
    is_delete    boolean not null,
    created_time bigint  not null,
    updated_time bigint  not null,
    title        text    not null,
    image        text    not null, -- a path below /media/
    link         text    not null, -- where the slide leads: a path of this shop, or an https address
    info         text    not null  -- one sentence
);

-- One row. Bumped by every write to the catalogue, the banners and the sales' settings, never by an order:
-- each process reads it on a timer and drops its copies when it moved.
create table catalog_version (
    id      integer primary key constraint catalog_version_single check (id = 1),
    version bigint  not null
);
insert into catalog_version (id, version) values (1, 1);

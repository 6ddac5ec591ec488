-- How far a student is in a section of a course.
create table progress (
    student_id bigint not null,
    section_id bigint not null,
    position_s bigint not null, -- where its video goes on
    furthest_s bigint not null, -- how far the video was seen
    length_s   bigint not null, -- the video's length; 0: it has none, or nobody said
    done_at    bigint,          -- null: it is not done
    updated_at bigint not null, -- of the last writer, who says the position
    constraint progress_pkey primary key (student_id, section_id),
    constraint progress_whole check (position_s >= 0 and furthest_s >= 0 and length_s >= 0)
);

-- What one instance runs for all of them: its holder touches the row, and whoever sees it stand still takes it over.
create table lease (
    name   text   primary key,
    holder text   not null, -- the instance; empty: nobody
    beat   bigint not null  -- moves with every touch
);
insert into lease (name, holder, beat) values ('schedules', '', 0);

-- The nonce of the proof of work that came with a request for a code: each counts once.
alter table sms_request add column proof bytea;
create unique index sms_request_by_proof on sms_request (proof);

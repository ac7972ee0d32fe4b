-- Who is muted or banned is listed for moderators, newest first.
DROP INDEX restrictions_banned;
CREATE INDEX restrictions_in_order ON restrictions (room, changed_at, user_id);

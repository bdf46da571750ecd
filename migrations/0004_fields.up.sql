-- The custom fields that the CRM defines for contacts, as it listed them last.
CREATE TABLE custom_fields (
    crm_id    TEXT PRIMARY KEY,
    key       TEXT NOT NULL,    -- such as contact.insurance_provider
    name      TEXT NOT NULL,
    data_type TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Contacts with the fields that the config has names for. These are its first columns; the daemon
-- remakes it with one more for each name.
CREATE VIEW v1_contact_fields AS SELECT id, crm_id, trim(coalesce(nullif(coalesce(edits ->> '$."first_name"', coalesce(seen, base) ->> '$."first_name"'), ''), '') || ' ' || coalesce(nullif(coalesce(edits ->> '$."last_name"', coalesce(seen, base) ->> '$."last_name"'), ''), '')) AS name FROM contacts WHERE gone_at IS NULL;

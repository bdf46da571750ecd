-- What lets us into the CRM, as ciphertext only. The key is kept elsewhere.
CREATE TABLE tokens (
    id         TEXT PRIMARY KEY,      -- whose it is; bound to the ciphertext
    key_id     TEXT NOT NULL,         -- which key opens it; tells nothing about the key
    sealed     BLOB NOT NULL,         -- AES-256-GCM: nonce, ciphertext, tag
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A contact whose changes a brake holds: whether its number is among them. Nobody is reminded at such a number before a
-- person has looked.
ALTER TABLE contacts ADD COLUMN number_held INTEGER NOT NULL DEFAULT 0;

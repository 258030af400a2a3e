-- The sample application's tables, as they are before a column is encrypted.
CREATE TABLE users (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    password_hash text NOT NULL,
    display_name text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX users_email_key ON users (email);
CREATE TABLE api_keys (
    id bigint PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    name text NOT NULL,
    key_hash text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE TABLE agents (
    id text PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users,
    config jsonb NOT NULL
);
CREATE TABLE conversations (
    id bigint PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    agent_id text NOT NULL REFERENCES agents,
    user_query text NOT NULL,
    agent_response text,
    created_at timestamptz NOT NULL
);
CREATE TABLE workflows (
    id uuid PRIMARY KEY,
    agent_id text NOT NULL REFERENCES agents,
    state text NOT NULL,
    context jsonb
);
CREATE TABLE knowledge (
    id bigint PRIMARY KEY,
    agent_id text NOT NULL REFERENCES agents,
    title text NOT NULL,
    content text
);
CREATE TABLE metrics (
    id bigint PRIMARY KEY,
    agent_id text NOT NULL REFERENCES agents,
    name text NOT NULL,
    value double precision NOT NULL,
    tags jsonb
);
CREATE TABLE sessions (
    id text PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users,
    data jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);

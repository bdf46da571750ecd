package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"ghlsms/cmd/ghlsms/config"
	"ghlsms/cmd/ghlsms/daemon"
	"ghlsms/cmd/ghlsms/term"
	"ghlsms/store"
)

// makeKey makes the key file that the config names, if it is not there. An existing one is never
// touched: without it the tokens are lost.
func makeKey(cfg *config.Config, talk io.Writer) error {
	if cfg.Store.Key != "" {
		return nil
	}
	text, made, err := keyFile(cfg.Store.KeyFile)
	if err != nil {
		return fmt.Errorf("store.key_file: %w", err)
	}
	if made {
		fmt.Fprintf(talk, "made the key %s: keep a copy of it, apart from copies of the database\n", cfg.Store.KeyFile)
	}
	cfg.Store.Key = term.Secret(text)
	return nil
}

// keyFile reads a key, or makes one where there is none.
func keyFile(path string) (text string, made bool, err error) {
	if _, err := os.Lstat(path); err == nil {
		text, err := config.ReadSecret(path)
		if err != nil {
			return "", false, fmt.Errorf("%s %w", path, err)
		}
		if _, err := store.ParseTokenKey(text); err != nil {
			return "", false, fmt.Errorf("%s %w", path, err)
		}
		return text, false, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", false, err
	}
	text = store.NewKeyText()
	return text, true, writeSecret(path, text)
}

// writeSecret puts a secret into a file, whole or not at all, for the owner's eyes only. A file that
// is replaced keeps its owner and a right of its group to read: whoever could read the old secret
// needs the new one.
func writeSecret(path, secret string) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	mode := fs.FileMode(0o600)
	old, err := os.Stat(path)
	if err == nil {
		mode |= old.Mode().Perm() & 0o040
	}
	next, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // is made with mode 600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(next.Name()) // gone by then if all went well
	_, err = next.WriteString(secret + "\n")
	if err == nil && old != nil {
		err = store.SameOwner(next, old)
	}
	err = errors.Join(err, next.Chmod(mode), next.Sync(), next.Close())
	if err == nil {
		err = os.Rename(next.Name(), path)
	}
	if err == nil {
		err = store.SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func (a *app) rekeyCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use: "rekey --new-key-file FILE", Short: "Seal the stored tokens with another key", Args: cobra.NoArgs,
		Long: `Seal the stored tokens with another key, all at once or none. The key is read from the file, or
made there if it does not exist. Afterwards the config has to name the new file; the old key still
opens older backups. If the old key has leaked, log in again as well: old copies of the database
hold tokens under it.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.oauthConfig()
			if err != nil {
				return err
			}
			if file == "" {
				return term.UsageError{Err: errors.New("which key? Give --new-key-file FILE; it is made if it does not exist")}
			}
			path, err := filepath.Abs(file)
			if err != nil {
				return err
			}
			return rekey(cmd.Context(), cfg, path, cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&file, "new-key-file", "", "file with the new key, made if it does not exist")
	return cmd
}

func rekey(ctx context.Context, cfg *config.Config, file string, talk io.Writer) error {
	db, err := daemon.OpenTokens(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close()
	keeper := daemon.GrantKeeper{DB: db, Config: cfg}
	from, err := keeper.Key()
	if err != nil {
		return err
	}
	text, made, err := keyFile(file)
	if err != nil {
		return err
	}
	if made {
		fmt.Fprintf(talk, "made the key %s\n", file)
	}
	to, err := store.ParseTokenKey(text)
	if err != nil {
		return err
	}
	unlock, err := keeper.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	var n int
	err = db.Update(ctx, func(tx *store.Tx) (err error) {
		n, err = tx.RekeyTokens(ctx, from, to)
		return err
	})
	if err != nil {
		return keeper.Explain(err)
	}
	fmt.Fprintf(talk, "%d stored tokens are sealed with key %s now; finish with: %s\n", n, to.Name(), adoptKey(keeper, file))
	return nil
}

// adoptKey tells how to move a new key to the place that the config names. A running daemon reads a file at its next call.
func adoptKey(k daemon.GrantKeeper, file string) string {
	if k.Config.Store.KeyFile != "" {
		return fmt.Sprintf("mv %s %s", file, k.Config.Store.KeyFile)
	}
	return fmt.Sprintf("put what %s holds into %s, and restart the daemon", file, k.KeyPlace())
}

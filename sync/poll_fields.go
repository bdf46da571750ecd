package sync

import (
	"context"
	"errors"

	"ghlsms/store"
	"ghlsms/sync/plan"
)

// NameFields makes the mirror's view with the owner's names follow the rules. Call it before the
// first cycle. The list of custom fields is read again in that if it lacks one of them.
func (e *Engine) NameFields(ctx context.Context) error {
	return e.DB.Update(ctx, func(tx *store.Tx) error {
		names, problems, err := plan.LoadFieldNames(ctx, tx, e.Config.Fields)
		if err != nil {
			return err
		}
		e.listAgain = len(problems) > 0
		if !e.Config.Fields.Custom() {
			err = tx.DropCursor(ctx, store.SourceFields)
		}
		return errors.Join(err, tx.NameFields(ctx, names))
	})
}

// ListFields asks the CRM which custom fields it defines for contacts. With a [ghl.RowsError] the
// list is good but not all.
func ListFields(ctx context.Context, crm CRM) ([]store.ListedField, error) {
	defs, err := crm.FieldDefinitions(ctx)
	listed := make([]store.ListedField, len(defs))
	for i, d := range defs {
		listed[i] = store.ListedField{CRMID: d.ID, Key: d.Key, Name: d.Name, DataType: d.DataType}
	}
	return listed, err
}

// pollFields reads which custom fields there are, and says which of the owner's names stand for none.
func (c *cycle) pollFields(ctx context.Context) error {
	listed, err := ListFields(ctx, c.CRM)
	if err = c.partly(store.SourceFields, err); err != nil {
		return err
	}
	names, problems := c.Config.Fields.Resolve(listed)
	err = c.DB.Update(ctx, func(tx *store.Tx) error {
		return errors.Join(tx.ListFields(ctx, listed), tx.NameFields(ctx, names))
	})
	if err != nil {
		return err
	}
	c.listAgain = false
	for _, p := range problems {
		c.Log.Error("a name in the config stands for no field", "name", "fields."+p.Name, "problem", p.Msg)
	}
	return nil
}

package ghl

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"net/http"
)

// TaskQuery says which tasks to enumerate, and from where on.
type TaskQuery struct {
	PageLimit int             // rows per page, at most 500; 0 means 500
	Completed *bool           // only the done, or only the open ones
	Contacts  []ContactID     // only those of these contacts
	After     json.RawMessage // the Next of a page of the same query, to go on after it
}

// SearchTasks enumerates the location's tasks, one request per page, in an order that the API
// does not tell. If the loop ends without an error, the enumeration was complete, save for the
// rows in Page.Bad. Total is not told. A task may lack its ContactID if it belongs to a business.
//
// Scope locations/tasks.readonly, POST /locations/{id}/tasks/search.
func (c *Client) SearchTasks(ctx context.Context, q TaskQuery) iter.Seq2[Page[Task], error] {
	limit := pageLimit(q.PageLimit, maxPage)
	search := pager[Task]{
		limit: limit,
		last:  shortIsLast,
		call: func(after json.RawMessage) call {
			cl := c.read(apiTasks, http.MethodPost, "/locations/{id}/tasks/search", string(c.location))
			return cl.with(q.body(limit, after))
		},
		list: func(ctx context.Context, cl call) (Page[Task], error) {
			return list[taskRow](ctx, c, cl, "tasks")
		},
	}
	return search.from(ctx, q.After)
}

func (q TaskQuery) body(limit int, after json.RawMessage) fields {
	body := fields{"limit": limit}
	set(body, "completed", q.Completed)
	if len(q.Contacts) > 0 {
		body["contactId"] = q.Contacts
	}
	if len(after) > 0 {
		body["searchAfter"] = after
	}
	return body
}

// ContactTasks reads all tasks of a contact. With a [*RowsError] the tasks are good but not all.
//
// Scope contacts.readonly, GET /contacts/{id}/tasks.
func (c *Client) ContactTasks(ctx context.Context, contact ContactID) ([]Task, error) {
	cl := c.read(apiTasks, http.MethodGet, "/contacts/{id}/tasks", string(contact))
	tasks, err := all[taskRow](ctx, c, cl, "tasks")
	for i := range tasks {
		tasks[i].ContactID = cmp.Or(tasks[i].ContactID, contact)
	}
	return tasks, err
}

// Task reads one task as it is now. [ErrNotFound] means that it, or its contact, is gone.
//
// Scope contacts.readonly, GET /contacts/{id}/tasks/{id}.
func (c *Client) Task(ctx context.Context, contact ContactID, id TaskID) (Task, error) {
	return c.task(ctx, contact, c.read(apiTasks, http.MethodGet, "/contacts/{id}/tasks/{id}", string(contact), string(id)))
}

// CreateTask creates a task; it needs a title and a due time. The API has no key against doing it
// twice: after [ErrUnknown], look for a twin in [Client.ContactTasks].
//
// Scope contacts.write, POST /contacts/{id}/tasks.
func (c *Client) CreateTask(ctx context.Context, contact ContactID, p TaskPatch) (Task, error) {
	cl := c.write(apiTasks, http.MethodPost, "/contacts/{id}/tasks", string(contact))
	if p.Title == nil || *p.Title == "" || p.Due == nil || p.Due.IsZero() {
		return Task{}, invalid(cl, "a task needs a title and a due time")
	}
	body := p.fields()
	if p.Completed == nil {
		body["completed"] = false // required
	}
	if p.AssignedTo != nil && *p.AssignedTo == "" {
		delete(body, "assignedTo")
	}
	return c.task(ctx, contact, cl.with(body))
}

// UpdateTask changes the fields that the patch has and no others.
//
// Scope contacts.write, PUT /contacts/{id}/tasks/{id}.
func (c *Client) UpdateTask(ctx context.Context, contact ContactID, id TaskID, p TaskPatch) (Task, error) {
	cl := c.write(apiTasks, http.MethodPut, "/contacts/{id}/tasks/{id}", string(contact), string(id))
	body := p.fields()
	switch {
	case len(body) == 0:
		return Task{}, invalid(cl, "empty patch")
	case p.Due != nil && p.Due.IsZero():
		return Task{}, invalid(cl, "a task cannot be without a due time")
	}
	return c.task(ctx, contact, cl.with(body))
}

// CompleteTask marks a task as done or as open again and touches nothing else of it.
//
// Scope contacts.write, PUT /contacts/{id}/tasks/{id}/completed.
func (c *Client) CompleteTask(ctx context.Context, contact ContactID, id TaskID, done bool) (Task, error) {
	cl := c.write(apiTasks, http.MethodPut, "/contacts/{id}/tasks/{id}/completed", string(contact), string(id))
	return c.task(ctx, contact, cl.with(fields{"completed": done}))
}

// DeleteTask removes a task from what the API shows, which is all that its answer is worth: tasks
// deleted so have stayed on people's screens, where nothing else of the API reaches them. To be
// rid of a task for good, complete it instead.
//
// Scope contacts.write, DELETE /contacts/{id}/tasks/{id}.
func (c *Client) DeleteTask(ctx context.Context, contact ContactID, id TaskID) error {
	return c.effect(ctx, c.write(apiTasks, http.MethodDelete, "/contacts/{id}/tasks/{id}", string(contact), string(id)))
}

func (c *Client) task(ctx context.Context, contact ContactID, cl call) (Task, error) {
	t, err := fetch[taskRow](ctx, c, cl, "task")
	if err == nil {
		t.ContactID = cmp.Or(t.ContactID, contact)
	}
	return t, err
}

func (p TaskPatch) fields() fields {
	f := fields{}
	set(f, "title", p.Title)
	set(f, "body", p.Body)
	set(f, "assignedTo", p.AssignedTo)
	f.at("dueDate", p.Due)
	set(f, "completed", p.Completed)
	return f
}

// taskRow reads a task of a contact, or of the search, whose rows are richer and spelt otherwise.
type taskRow struct {
	rowID
	cursor
	ContactID   text   `json:"contactId"`
	Title       text   `json:"title"`
	Body        text   `json:"body"`
	AssignedTo  ref    `json:"assignedTo"`
	Due         moment `json:"dueDate"`
	Completed   *flag  `json:"completed"`
	Status      text   `json:"status"`
	StatusGroup text   `json:"statusGroup"`
	Deleted     flag   `json:"deleted"`
	DateUpdated stamp  `json:"dateUpdated"`
	UpdatedAt   stamp  `json:"updatedAt"`
}

func (r taskRow) value() (Task, error) {
	if r.id() == "" {
		return Task{}, errNoID
	}
	t := Task{
		ID:          TaskID(r.id()),
		ContactID:   ContactID(r.ContactID),
		Title:       string(r.Title),
		Body:        string(r.Body),
		AssignedTo:  UserID(r.AssignedTo),
		Due:         r.Due.Time,
		Completed:   cmp.Or(r.StatusGroup, r.Status) == "completed",
		Deleted:     bool(r.Deleted),
		DateUpdated: r.DateUpdated.Time,
	}
	if r.Completed != nil {
		t.Completed = bool(*r.Completed)
	}
	if t.DateUpdated.IsZero() {
		t.DateUpdated = r.UpdatedAt.Time
	}
	return t, nil
}

package ghltest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"
)

var updateTaskDTO = dto{fields: map[string]kind{
	"title": text, "body": text, "dueDate": instant, "completed": flag, "assignedTo": text,
}}

var createTaskDTO = updateTaskDTO.with(nil, "title", "dueDate", "completed")

func (s *Sandbox) enterTask(t Task) Task {
	if t.ID == "" {
		t.ID = s.newID("task")
	}
	now := clock()
	if t.DateAdded.IsZero() {
		t.DateAdded = now
	}
	if t.DateUpdated.IsZero() {
		t.DateUpdated = t.DateAdded
	}
	t.Due = t.Due.UTC().Truncate(time.Millisecond)
	s.tasks.add(t.ID, t.ContactID, &t)
	s.taskOrder = nil
	return t
}

func (s *Sandbox) touchTask(t *Task) {
	t.Due = t.Due.UTC().Truncate(time.Millisecond)
	t.DateUpdated = clock()
	s.taskOrder = nil
}

func (t *Task) gone() bool { return t.Deleted || t.Unlisted }

// wire is a task as the endpoints below its contact show it: without any date of change.
func (t *Task) wire() obj {
	o := obj{
		"id": t.ID, "title": t.Title, "dueDate": stamp(t.Due), "completed": t.Completed, "contactId": t.ContactID,
	}
	set(o, "body", t.Body)
	set(o, "assignedTo", t.AssignedTo)
	return o
}

func (s *Sandbox) listTasks(c *call) (reply, error) {
	owner, err := s.find(c.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	rows := []obj{}
	for _, t := range s.tasks.of[owner.ID] {
		if !t.gone() {
			rows = append(rows, t.wire())
		}
	}
	return ok(obj{"tasks": rows})
}

// taskOf returns the task that a path names.
func (s *Sandbox) taskOf(c *call) (*Task, error) {
	owner, err := s.find(c.PathValue("id"))
	if err != nil {
		return nil, err
	}
	t := s.tasks.byID[c.PathValue("task")]
	if t == nil || t.gone() || t.ContactID != owner.ID {
		return nil, notFound("Task", c.PathValue("task"))
	}
	return t, nil
}

func (s *Sandbox) getTask(c *call) (reply, error) {
	t, err := s.taskOf(c)
	if err != nil {
		return reply{}, err
	}
	return ok(obj{"task": t.wire()})
}

func (s *Sandbox) createTask(c *call) (reply, error) {
	b, err := createTaskDTO.read(c)
	if err != nil {
		return reply{}, err
	}
	owner, err := s.find(c.PathValue("id"))
	if err != nil {
		return reply{}, err
	}
	t := Task{ContactID: owner.ID}
	t.apply(b)
	t = s.enterTask(t)
	return done("task.create", t.ID, http.StatusCreated, obj{"task": t.wire()})
}

func (t *Task) apply(b body) {
	b.text("title", &t.Title)
	b.text("body", &t.Body)
	b.text("assignedTo", &t.AssignedTo)
	b.into("completed", &t.Completed)
	if due, given := b.time("dueDate", time.UTC); given {
		t.Due = due
	}
}

func (s *Sandbox) updateTask(c *call) (reply, error) {
	return s.changeTask(c, updateTaskDTO, "task.update")
}

func (s *Sandbox) completeTask(c *call) (reply, error) {
	d := dto{fields: map[string]kind{"completed": flag}, required: []string{"completed"}}
	return s.changeTask(c, d, "task.complete")
}

func (s *Sandbox) changeTask(c *call, d dto, effect string) (reply, error) {
	b, err := d.read(c)
	if err != nil {
		return reply{}, err
	}
	t, err := s.taskOf(c)
	if err != nil {
		return reply{}, err
	}
	t.apply(b)
	s.touchTask(t)
	return done(effect, t.ID, http.StatusOK, obj{"task": t.wire()})
}

// deleteTask lies: the task is gone from every answer but not from the screen.
func (s *Sandbox) deleteTask(c *call) (reply, error) {
	t, err := s.taskOf(c)
	if err != nil {
		return reply{}, err
	}
	t.Unlisted = true
	s.touchTask(t)
	return done("task.delete", t.ID, http.StatusOK, succeeded())
}

var searchTasksDTO = dto{fields: map[string]kind{
	"contactId": words, "completed": flag, "assignedTo": words, "query": text, "limit": number, "skip": number,
	"businessId": text, "searchAfter": array,
}}

// searchTasks pages through all tasks of the location by due date. Nothing tells how many there
// are.
func (s *Sandbox) searchTasks(c *call) (reply, error) {
	if err := s.ours(c.PathValue("location")); err != nil {
		return reply{}, err
	}
	b, err := searchTasksDTO.read(c)
	if err != nil {
		return reply{}, err
	}
	limit, skip := 25, 0
	b.into("limit", &limit)
	b.into("skip", &skip)
	if limit < 1 || limit > maxPage {
		return reply{}, unprocessable("limit must not be greater than 500")
	}
	all := s.tasksByDue()
	start, err := afterTask(all, b)
	if err != nil {
		return reply{}, err
	}
	wanted := taskFilter(b)
	rows := []obj{}
	for _, t := range all[start:] {
		if len(rows) == limit {
			break
		}
		if !wanted(t) {
			continue
		}
		if skip--; skip < 0 {
			rows = append(rows, s.taskRow(t))
		}
	}
	return reply{status: http.StatusCreated, body: obj{"tasks": rows}}, nil
}

// tasksByDue keeps its order until a task changes.
func (s *Sandbox) tasksByDue() []*Task {
	if s.taskOrder == nil {
		for _, t := range s.tasks.all {
			if !t.gone() || s.opt.ShowDeletedTasks {
				s.taskOrder = append(s.taskOrder, t)
			}
		}
		slices.SortFunc(s.taskOrder, func(a, b *Task) int {
			return cmp.Or(a.Due.Compare(b.Due), strings.Compare(a.ID, b.ID))
		})
	}
	return s.taskOrder
}

// afterTask returns where a searchAfter points to.
func afterTask(all []*Task, b body) (int, error) {
	var after []json.RawMessage
	b.into("searchAfter", &after)
	if len(after) == 0 {
		return 0, nil
	}
	var ms int64
	var id string
	if len(after) != 2 || json.Unmarshal(after[0], &ms) != nil || json.Unmarshal(after[1], &id) != nil {
		return 0, unprocessable("searchAfter must be an array")
	}
	return sort.Search(len(all), func(i int) bool {
		return cmp.Or(cmp.Compare(all[i].Due.UnixMilli(), ms), strings.Compare(all[i].ID, id)) > 0
	}), nil
}

func taskFilter(b body) func(*Task) bool {
	var contacts, assigned []string
	var completed *bool
	b.into("contactId", &contacts)
	b.into("assignedTo", &assigned)
	b.into("completed", &completed)
	query := lower(b.str("query"))
	return func(t *Task) bool {
		return (len(contacts) == 0 || slices.Contains(contacts, t.ContactID)) &&
			(len(assigned) == 0 || slices.Contains(assigned, t.AssignedTo)) &&
			(completed == nil || *completed == t.Completed) &&
			strings.Contains(lower(t.Title+"\n"+t.Body), query)
	}
}

// taskRow is a task as the search shows it: with _id, nulls and dates.
func (s *Sandbox) taskRow(t *Task) obj {
	state := "to_do"
	if t.Completed {
		state = "completed"
	}
	row := obj{
		"_id": t.ID, "title": t.Title, "body": null(t.Body), "assignedTo": null(t.AssignedTo),
		"dueDate": stamp(t.Due), "completed": t.Completed, "status": state, "statusGroup": state,
		"contactId": t.ContactID, "locationId": s.opt.Location, "deleted": t.gone(),
		"dateAdded": stamp(t.DateAdded), "dateUpdated": stamp(t.DateUpdated), "updatedAt": stamp(t.DateUpdated),
		"searchAfter": []any{t.Due.UnixMilli(), t.ID},
	}
	if c := s.contacts[t.ContactID]; c != nil {
		row["contactDetails"] = obj{"id": c.ID, "firstName": null(c.FirstName), "lastName": null(c.LastName)}
	}
	if u := s.user(t.AssignedTo); u != nil {
		row["assignedToUserDetails"] = obj{"id": u.ID, "firstName": u.FirstName, "lastName": u.LastName}
	}
	return row
}

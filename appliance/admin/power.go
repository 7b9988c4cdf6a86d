package admin

import (
	"errors"
	"net/http"
	"time"
)

// leaveAfter is how long an answer has to reach who asked the machine to go.
const leaveAfter = 300 * time.Millisecond

// reboot answers POST /reboot.
func (e *Endpoint) reboot(w http.ResponseWriter, r *http.Request) {
	e.leave(w, r, "the machine saves and reboots", e.machine.Reboot)
}

// powerOff answers POST /poweroff.
func (e *Endpoint) powerOff(w http.ResponseWriter, r *http.Request) {
	e.leave(w, r, "the machine saves and powers off", e.machine.PowerOff)
}

// leave answers, and then does what ends the machine.
func (e *Endpoint) leave(w http.ResponseWriter, r *http.Request, text string, do func(by string)) {
	w.Header().Set("Connection", "close")
	reply(w, http.StatusAccepted, text)
	by := r.RemoteAddr
	time.AfterFunc(leaveAfter, func() { do("the administration, by " + by) })
}

// noUpdates is why an image without a second root takes no updates.
const noUpdates = "this image has one root: start the machine from the new image instead"

// updateStatus answers GET /update.
func (e *Endpoint) updateStatus(w http.ResponseWriter, _ *http.Request) {
	if e.updater == nil {
		reply(w, http.StatusNotImplemented, noUpdates)
		return
	}
	replyJSON(w, e.updater.Status())
}

// update answers PUT /update: it writes the other root. With ?reboot=1 the machine
// then reboots into it.
func (e *Endpoint) update(w http.ResponseWriter, r *http.Request) {
	if e.updater == nil {
		reply(w, http.StatusNotImplemented, noUpdates)
		return
	}
	if !e.begin(w, "an update") {
		return
	}
	defer e.end()
	e.log("admin: %s updates the machine with %d bytes", r.RemoteAddr, r.ContentLength)
	body := &steadyBody{r: r.Body, c: http.NewResponseController(w)}
	if err := e.updater.Receive(r.Context(), body); err != nil {
		e.log("admin: the update was refused: %v", err)
		code := http.StatusUnprocessableEntity
		if errors.Is(err, r.Context().Err()) && r.Context().Err() != nil {
			code = http.StatusBadRequest
		}
		_ = body.c.SetWriteDeadline(time.Now().Add(replyTime))
		reply(w, code, err.Error())
		return
	}
	_ = body.c.SetWriteDeadline(time.Now().Add(replyTime))
	if r.URL.Query().Get("reboot") == "1" {
		e.leave(w, r, "written; the machine saves and reboots into it", e.machine.Reboot)
		return
	}
	replyJSON(w, e.updater.Status())
}

// rollback answers POST /rollback: the machine reboots into the other root; with ?data=1
// with the data of the checkpoint that was taken before the update.
func (e *Endpoint) rollback(w http.ResponseWriter, r *http.Request) {
	if e.updater == nil {
		reply(w, http.StatusNotImplemented, noUpdates)
		return
	}
	if !e.begin(w, "a rollback") {
		return
	}
	defer e.end()
	e.log("admin: %s rolls the machine back", r.RemoteAddr)
	if err := e.updater.Rollback(r.URL.Query().Get("data") == "1"); err != nil {
		reply(w, http.StatusConflict, err.Error())
		return
	}
	e.leave(w, r, "the machine saves and reboots into the other root", e.machine.Reboot)
}

package server_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// TestGoRedis uses go-redis as its documentation says, in both protocols. The libraries of
// Node.js are tried by scripts/clients.
func TestGoRedis(t *testing.T) {
	for _, protocol := range []int{2, 3} {
		t.Run(fmt.Sprintf("RESP%d", protocol), func(t *testing.T) {
			r := start(t, t.TempDir(), "--save", "")
			u := &goRedis{t: t, ctx: t.Context(), opt: redis.Options{Addr: address(r.port), Protocol: protocol}}
			u.Client = u.client()
			for name, scenario := range map[string]func(*testing.T, *goRedis){
				"pipelines": goRedisPipelines, "transactions": goRedisTransactions,
				"publish/subscribe": goRedisPubSub, "scripts": goRedisScripts, "streams": goRedisStreams,
				"values": goRedisValues, "users": goRedisUsers, "blocking": goRedisBlocking, "tracking": goRedisTracking,
			} {
				t.Run(name, func(t *testing.T) {
					use := *u
					use.t, use.ctx = t, t.Context()
					scenario(t, &use)
				})
			}
		})
	}
}

// goRedis is a client with what makes more of them.
type goRedis struct {
	*redis.Client
	t   *testing.T
	ctx context.Context
	opt redis.Options
}

func (u *goRedis) client() *redis.Client {
	opt := u.opt
	c := redis.NewClient(&opt)
	u.t.Cleanup(func() { c.Close() })
	return c
}

// want fails the test unless got is want and there is no error.
func want[T any](t *testing.T, want T) func(got T, err error) {
	return func(got T, err error) {
		t.Helper()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
	}
}

func goRedisPipelines(t *testing.T, u *goRedis) {
	cmds, err := u.Pipelined(u.ctx, func(p redis.Pipeliner) error {
		for i := range 3000 {
			p.Set(u.ctx, fmt.Sprint("p:", i), i, time.Hour)
		}
		p.LPush(u.ctx, "p:1", "x")
		p.Get(u.ctx, "p:2999")
		return nil
	})
	if err == nil || !strings.HasPrefix(err.Error(), "WRONGTYPE") {
		t.Errorf("the error in the pipeline is %v", err)
	}
	want(t, "2999")(cmds[3001].(*redis.StringCmd).Result())
	seen := map[string]bool{}
	for it := u.Scan(u.ctx, 0, "p:*", 100).Iterator(); it.Next(u.ctx); {
		seen[it.Val()] = true
	}
	if len(seen) != 3000 {
		t.Errorf("SCAN sees %d keys of 3000", len(seen))
	}
}

// goRedisTransactions counts with WATCH: no increment of many is lost.
func goRedisTransactions(t *testing.T, u *goRedis) {
	cmds, err := u.TxPipelined(u.ctx, func(p redis.Pipeliner) error {
		p.Set(u.ctx, "t", 1, 0)
		p.Incr(u.ctx, "t")
		return nil
	})
	want(t, int64(2))(cmds[1].(*redis.IntCmd).Val(), err)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			c := u.client()
			for range 25 {
				for {
					err := c.Watch(u.ctx, func(tx *redis.Tx) error {
						n, err := tx.Get(u.ctx, "count").Int()
						if err != nil && !errors.Is(err, redis.Nil) {
							return err
						}
						_, err = tx.TxPipelined(u.ctx, func(p redis.Pipeliner) error { return p.Set(u.ctx, "count", n+1, 0).Err() })
						return err
					}, "count")
					if err == nil {
						break
					}
					if !errors.Is(err, redis.TxFailedErr) {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	want(t, 100)(u.Get(u.ctx, "count").Int())
}

func goRedisPubSub(t *testing.T, u *goRedis) {
	sub := u.client().Subscribe(u.ctx, "news")
	defer sub.Close()
	if err := sub.PSubscribe(u.ctx, "n*"); err != nil {
		t.Fatal(err)
	}
	shard := u.client().SSubscribe(u.ctx, "orders")
	defer shard.Close()
	for subscribed := 0; subscribed < 2; {
		msg, err := sub.Receive(u.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := msg.(*redis.Subscription); ok {
			subscribed++
		}
	}
	if _, err := shard.Receive(u.ctx); err != nil {
		t.Fatal(err)
	}
	want(t, int64(2))(u.Publish(u.ctx, "news", "0").Result())
	for i := 1; i < 500; i++ {
		u.Publish(u.ctx, "news", i)
	}
	var plain, pattern []string
	for range 1000 {
		msg, err := sub.ReceiveMessage(u.ctx)
		if err != nil {
			t.Fatal(err)
		}
		if msg.Pattern == "" {
			plain = append(plain, msg.Payload)
		} else {
			pattern = append(pattern, msg.Payload)
		}
	}
	for i, payload := range plain {
		if payload != fmt.Sprint(i) {
			t.Fatalf("message %d is %s", i, payload)
		}
	}
	if !slices.Equal(plain, pattern) {
		t.Error("the pattern's messages are not the channel's")
	}
	want(t, int64(1))(u.SPublish(u.ctx, "orders", "x").Result())
	if msg, err := shard.ReceiveMessage(u.ctx); err != nil || msg.Payload != "x" {
		t.Error(msg, err)
	}
}

func goRedisScripts(t *testing.T, u *goRedis) {
	script := redis.NewScript(`local n = redis.call('INCRBY', KEYS[1], ARGV[1]); return {n, tostring(n / 2), {ok = 'FINE'}, false}`)
	want(t, any([]any{int64(5), "2.5", "FINE", nil}))(script.Run(u.ctx, u, []string{"s"}, 5).Result())
	if err := u.ScriptFlush(u.ctx).Err(); err != nil {
		t.Error(err)
	}
	want(t, any([]any{int64(10), "5", "FINE", nil}))(script.Run(u.ctx, u, []string{"s"}, 5).Result())
	want(t, []bool{true, false})(u.ScriptExists(u.ctx, script.Hash(), strings.Repeat("0", 40)).Result())
	want(t, "lib")(u.FunctionLoadReplace(u.ctx, "#!lua name=lib\nredis.register_function('twice', function(k, a) return a[1] * 2 end)").Result())
	want(t, any(int64(42)))(u.FCall(u.ctx, "twice", nil, 21).Result())
	libs, err := u.FunctionList(u.ctx, redis.FunctionListQuery{WithCode: true}).Result()
	if err != nil || len(libs) != 1 || libs[0].Functions[0].Name != "twice" || !strings.Contains(libs[0].Code, "a[1] * 2") {
		t.Errorf("FUNCTION LIST: %+v, %v", libs, err)
	}
	want(t, "OK")(u.FunctionDelete(u.ctx, "lib").Result())
}

func goRedisStreams(t *testing.T, u *goRedis) {
	if err := u.XGroupCreateMkStream(u.ctx, "st", "g", "$").Err(); err != nil {
		t.Fatal(err)
	}
	read := make(chan []redis.XStream, 1)
	go func() {
		got, err := u.client().XReadGroup(u.ctx, &redis.XReadGroupArgs{Group: "g", Consumer: "me", Streams: []string{"st", ">"}, Block: 10 * time.Second}).Result()
		if err != nil {
			t.Error(err)
		}
		read <- got
	}()
	id, err := u.XAdd(u.ctx, &redis.XAddArgs{Stream: "st", Values: map[string]any{"a": 1}}).Result()
	if err != nil {
		t.Fatal(err)
	}
	if got := <-read; len(got) != 1 || got[0].Messages[0].ID != id || got[0].Messages[0].Values["a"] != "1" {
		t.Errorf("read %+v, want %s", got, id)
	}
	if p, err := u.XPending(u.ctx, "st", "g").Result(); err != nil || p.Count != 1 || p.Consumers["me"] != 1 {
		t.Errorf("XPENDING: %+v, %v", p, err)
	}
	want(t, int64(1))(u.XAck(u.ctx, "st", "g", id).Result())
	if info, err := u.XInfoStreamFull(u.ctx, "st", 10).Result(); err != nil || info.Length != 1 || len(info.Groups) != 1 {
		t.Errorf("XINFO STREAM FULL: %+v, %v", info, err)
	}
}

func goRedisValues(t *testing.T, u *goRedis) {
	u.HSet(u.ctx, "h", "a", 1, "b", "two")
	want(t, map[string]string{"a": "1", "b": "two"})(u.HGetAll(u.ctx, "h").Result())
	u.ZAdd(u.ctx, "z", redis.Z{Score: 0.1, Member: "tenth"}, redis.Z{Score: 2, Member: "two"})
	want(t, []redis.Z{{Score: 0.1, Member: "tenth"}, {Score: 2, Member: "two"}})(u.ZRangeWithScores(u.ctx, "z", 0, -1).Result())
	want(t, 0.1)(u.ZScore(u.ctx, "z", "tenth").Result())
	large := strings.Repeat("0123456789abcdef", 1<<18)
	u.Set(u.ctx, "large", large, time.Hour)
	want(t, large)(u.Get(u.ctx, "large").Result())
	if _, err := u.Get(u.ctx, "none").Result(); !errors.Is(err, redis.Nil) {
		t.Errorf("GET of nothing: %v", err)
	}
	if cmds, err := u.Command(u.ctx).Result(); err != nil || cmds["get"] == nil || cmds["get"].FirstKeyPos != 1 {
		t.Errorf("COMMAND: %v", err)
	}
	if info, err := u.ClientInfo(u.ctx).Result(); err != nil || info.LibName == "" {
		t.Errorf("CLIENT INFO: %+v, %v", info, err)
	}
	if slow, err := u.SlowLogGet(u.ctx, 10).Result(); err != nil || len(slow) > 10 {
		t.Errorf("SLOWLOG GET: %v", err)
	}
}

func goRedisUsers(t *testing.T, u *goRedis) {
	if err := u.Do(u.ctx, "ACL", "SETUSER", "reader", "on", ">secret", "~p:*", "+get", "+hello", "+client").Err(); err != nil {
		t.Fatal(err)
	}
	use := *u
	use.opt.Username, use.opt.Password = "reader", "secret"
	reader := use.client()
	if err := reader.Get(u.ctx, "p:1").Err(); err != nil && !errors.Is(err, redis.Nil) {
		t.Error(err)
	}
	for _, err := range []error{reader.Get(u.ctx, "h").Err(), reader.Set(u.ctx, "p:1", 1, 0).Err()} {
		if err == nil || !strings.HasPrefix(err.Error(), "NOPERM") {
			t.Errorf("got %v, want NOPERM", err)
		}
	}
	use.opt.Password = "wrong"
	if err := use.client().Get(u.ctx, "p:1").Err(); err == nil || !strings.Contains(err.Error(), "WRONGPASS") {
		t.Errorf("got %v, want WRONGPASS", err)
	}
	want(t, any(int64(1)))(u.Do(u.ctx, "ACL", "DELUSER", "reader").Result())
}

func goRedisBlocking(t *testing.T, u *goRedis) {
	popped := make(chan []string, 1)
	go func() {
		got, err := u.client().BLPop(u.ctx, 10*time.Second, "q1", "q2").Result()
		if err != nil {
			t.Error(err)
		}
		popped <- got
	}()
	u.RPush(u.ctx, "q2", "x")
	if got := <-popped; !slices.Equal(got, []string{"q2", "x"}) {
		t.Errorf("popped %v", got)
	}
	if err := u.BLPop(u.ctx, time.Second, "q1").Err(); !errors.Is(err, redis.Nil) {
		t.Errorf("time up: %v", err)
	}
}

// goRedisTracking has invalidations redirected to a subscriber, as RESP2 clients do.
func goRedisTracking(t *testing.T, u *goRedis) {
	use := *u
	use.opt.Protocol = 2
	sub := use.client().Subscribe(u.ctx, "__redis__:invalidate")
	defer sub.Close()
	if _, err := sub.Receive(u.ctx); err != nil {
		t.Fatal(err)
	}
	var id int64 // the subscriber's, which the library does not tell
	for line := range strings.SplitSeq(u.ClientList(u.ctx).Val(), "\n") {
		if strings.Contains(line, " sub=1 ") {
			fmt.Sscanf(line, "id=%d ", &id)
		}
	}
	tracked := u.client().Conn()
	defer tracked.Close()
	if err := tracked.Do(u.ctx, "CLIENT", "TRACKING", "ON", "REDIRECT", id).Err(); err != nil {
		t.Fatal(err)
	}
	tracked.Get(u.ctx, "tracked")
	u.Set(u.ctx, "tracked", 1, 0)
	ctx, cancel := context.WithTimeout(u.ctx, 10*time.Second)
	defer cancel()
	if msg, err := sub.ReceiveMessage(ctx); err != nil || !slices.Equal(msg.PayloadSlice, []string{"tracked"}) {
		t.Errorf("invalidation: %+v, %v", msg, err)
	}
}

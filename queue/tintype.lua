#!lua name=tintype
-- All keys share one prefix (KEYS[1], which carries the hash tag); queue.h says
-- what each is. SQLite decides, Redis transports. Within a function the writes
-- are ordered so that any prefix of them is harmless or mended by repair: a
-- torn log may replay half a function.
local function now()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- True where another scheduler or database has adopted the keys, or they are
-- gone.
local function fenced(p, fence)
  return redis.call('HGET', p .. ':meta', 'fence') ~= fence
end

local function refuse()
  return redis.error_reply('FENCED the queue belongs to another scheduler')
end

local function wake(p, class)
  redis.call('LPUSH', p .. ':wk:' .. class, '1')
  redis.call('LTRIM', p .. ':wk:' .. class, 0, 63)
end

local function forget(p, cid)
  redis.call('DEL', p .. ':c:' .. cid)
  redis.call('ZREM', p .. ':lease', cid)
  redis.call('SREM', p .. ':all', cid)
end

-- adopt: gen db fence -> {word, Redis' clock, gen found}; word is NEW, OK, WIPE
-- (keys of another database) or OLD (Redis saw a later scheduler)
local function adopt(keys, a)
  local m = keys[1] .. ':meta'
  local h = redis.call('HMGET', m, 'gen', 'db')
  local gen = h[1] or '0'
  if h[2] and h[2] ~= a[2] then return {'WIPE', now(), gen} end
  if tonumber(gen) > tonumber(a[1]) then return {'OLD', now(), gen} end
  redis.call('HSET', m, 'gen', a[1], 'db', a[2], 'fence', a[3])
  return {h[1] and 'OK' or 'NEW', now(), gen}
end

-- issue: fence, then (cid att class payload)* -> how many were new
local function issue(keys, a)
  local p, n, seen = keys[1], 0, {}
  if fenced(p, a[1]) then return refuse() end
  for i = 2, #a, 4 do
    local ck = p .. ':c:' .. a[i]
    local cur = redis.call('HGET', ck, 'a')
    if not cur or tonumber(cur) < tonumber(a[i + 1]) then
      redis.call('DEL', ck)
      redis.call('HSET', ck, 's', 'r', 'a', a[i + 1], 'k', a[i + 2],
                 'p', a[i + 3])
      redis.call('ZREM', p .. ':lease', a[i])
      redis.call('SADD', p .. ':all', a[i])
      redis.call('RPUSH', p .. ':r:' .. a[i + 2], a[i])
      redis.call('LPUSH', p .. ':wk:' .. a[i + 2], '1')
      seen[a[i + 2]] = true
      n = n + 1
    end
  end
  for class in pairs(seen) do redis.call('LTRIM', p .. ':wk:' .. class, 0, 63) end
  return n
end

-- claim: worker nonce ttl max limit class... -> {cid att token payload}*
-- Nothing is handed out while `limit` results wait to be recorded.
local function claim(keys, a)
  local p, out, max = keys[1], {}, tonumber(a[4])
  if redis.call('XLEN', p .. ':res') >= tonumber(a[5]) then return out end
  local deadline = now() + tonumber(a[3])
  for i = 6, #a do
    while #out < max do
      local cid = redis.call('LPOP', p .. ':r:' .. a[i])
      if not cid then break end
      local ck = p .. ':c:' .. cid
      local h = redis.call('HMGET', ck, 's', 'a', 'p', 'k')
      if h[1] == 'r' and h[4] == a[i] then
        local token = a[2] .. '.' .. #out
        redis.call('HSET', ck, 's', 'l', 't', token, 'w', a[1])
        redis.call('HDEL', ck, 'u')
        redis.call('ZADD', p .. ':lease', deadline, cid)
        out[#out + 1] = {cid, h[2], token, h[3]}
      end
    end
    if #out >= max then break end
    redis.call('DEL', p .. ':wk:' .. a[i]) -- its list is empty: stale hints
  end
  return out
end

-- beat: ttl, then (cid token cursor)* -> 1 kept, 0 gone
local function beat(keys, a)
  local p, out, deadline = keys[1], {}, now() + tonumber(a[1])
  for i = 2, #a, 3 do
    local ck = p .. ':c:' .. a[i]
    local h = redis.call('HMGET', ck, 's', 't')
    if h[1] == 'l' and h[2] == a[i + 1] then
      redis.call('ZADD', p .. ':lease', deadline, a[i])
      redis.call('HSET', ck, 'u', a[i + 2])
      out[#out + 1] = 1
    else
      out[#out + 1] = 0
    end
  end
  return out
end

-- result: cid token att kind body; a late 'done' is welcome, a late 'fail' or
-- 'part' is not
local function result(keys, a)
  local p = keys[1]
  local ck = p .. ':c:' .. a[1]
  local h = redis.call('HMGET', ck, 's', 't')
  if not h[1] then return 'GONE' end
  if h[1] == 'd' then return 'DUP' end
  if a[4] ~= 'done' and not (h[1] == 'l' and h[2] == a[2]) then
    return 'STALE'
  end
  redis.call('XADD', p .. ':res', '*', 'c', a[1], 'a', a[3], 't', a[2],
             'k', a[4], 'b', a[5])
  redis.call('HSET', ck, 's', 'd')
  redis.call('ZREM', p .. ':lease', a[1])
  return 'OK'
end

-- note: cid token att body, from the holder alone; changes no state
local function note(keys, a)
  local p = keys[1]
  local h = redis.call('HMGET', p .. ':c:' .. a[1], 's', 't')
  if h[1] ~= 'l' or h[2] ~= a[2] then return 'GONE' end
  redis.call('XADD', p .. ':res', '*', 'c', a[1], 'a', a[3], 't', a[2],
             'k', 'note', 'b', a[4])
  return 'OK'
end

-- release: cid token cursor: back to the head of its class, same attempt
local function release(keys, a)
  local p = keys[1]
  local ck = p .. ':c:' .. a[1]
  local h = redis.call('HMGET', ck, 's', 't', 'k')
  if h[1] ~= 'l' or h[2] ~= a[2] then return 'GONE' end
  redis.call('HDEL', ck, 't', 'w')
  redis.call('HSET', ck, 's', 'r', 'u', a[3])
  redis.call('ZREM', p .. ':lease', a[1])
  redis.call('LPUSH', p .. ':r:' .. h[3], a[1])
  wake(p, h[3])
  return 'OK'
end

-- ack: fence, then (id cid att)* after the commit; att is a bound, so that an
-- ack never deletes a newer attempt
local function ack(keys, a)
  local p = keys[1]
  if fenced(p, a[1]) then return refuse() end
  for i = 2, #a, 3 do
    redis.call('XDEL', p .. ':res', a[i])
    local cur = redis.call('HGET', p .. ':c:' .. a[i + 1], 'a')
    if cur and tonumber(cur) <= tonumber(a[i + 2]) then
      forget(p, a[i + 1])
    end
  end
  return 'OK'
end

-- retract: fence mode(all|ready), then cid* -> 1 removed, 0 kept or absent
local function retract(keys, a)
  local p, out = keys[1], {}
  if fenced(p, a[1]) then return refuse() end
  for i = 3, #a do
    local s = redis.call('HGET', p .. ':c:' .. a[i], 's')
    if a[2] == 'all' or s == 'r' then forget(p, a[i]) end
    out[#out + 1] = (s and (a[2] == 'all' or s == 'r')) and 1 or 0
  end
  return out
end

-- What repair finds: 0 fine, 1 mended, 2 absent or older, 3 reported.
local function mend(p, cid, att, deep, t)
  local ck = p .. ':c:' .. cid
  local h = redis.call('HMGET', ck, 's', 'a', 'k', 'p')
  if not (h[1] and h[2] and h[3] and h[4]) or tonumber(h[2]) < att then
    redis.call('DEL', ck)
    return 2
  end
  redis.call('SADD', p .. ':all', cid)
  if h[1] == 'd' then return 3 end
  if h[1] == 'l' and not redis.call('ZSCORE', p .. ':lease', cid) then
    redis.call('ZADD', p .. ':lease', t, cid)
    return 1
  end
  if h[1] == 'r' and deep and not redis.call('LPOS', p .. ':r:' .. h[3], cid) then
    redis.call('RPUSH', p .. ':r:' .. h[3], cid)
    wake(p, h[3])
    return 1
  end
  return 0
end

-- repair: fence mode(deep|plain), then (cid att)* -> what mend says of each
local function repair(keys, a)
  local p, out, t = keys[1], {}, now()
  if fenced(p, a[1]) then return refuse() end
  for i = 3, #a, 2 do
    out[#out + 1] = mend(p, a[i], tonumber(a[i + 1]), a[2] == 'deep', t)
  end
  return out
end

local function lease_row(p, cid, deadline)
  local h = redis.call('HMGET', p .. ':c:' .. cid, 'a', 'w', 'u')
  return {cid, h[1] or '0', h[2] or '', h[3] or '-1', deadline}
end

-- expired: fence limit -> {now, {cid att worker cursor deadline}*}
local function expired(keys, a)
  local p, t = keys[1], now()
  if fenced(p, a[1]) then return refuse() end
  local out = {t}
  local ids = redis.call('ZRANGEBYSCORE', p .. ':lease', '-inf', t,
                         'WITHSCORES', 'LIMIT', 0, a[2])
  for i = 1, #ids, 2 do
    out[#out + 1] = lease_row(p, ids[i], ids[i + 1])
  end
  return out
end

-- held: fence worker -> what it has, as of expired, whatever the deadlines
local function held(keys, a)
  local p, out = keys[1], {now()}
  if fenced(p, a[1]) then return refuse() end
  local ids = redis.call('ZRANGE', p .. ':lease', 0, -1, 'WITHSCORES')
  for i = 1, #ids, 2 do
    local row = lease_row(p, ids[i], ids[i + 1])
    if row[3] == a[2] then out[#out + 1] = row end
  end
  return out
end

-- unlease: fence, then (cid att)* after the strikes are committed; the hash
-- stays, so a late 'done' is still welcome
local function unlease(keys, a)
  local p = keys[1]
  if fenced(p, a[1]) then return refuse() end
  for i = 2, #a, 2 do
    local cur = redis.call('HGET', p .. ':c:' .. a[i], 'a')
    if not cur or tonumber(cur) <= tonumber(a[i + 1]) then
      redis.call('ZREM', p .. ':lease', a[i])
    end
  end
  return 'OK'
end

-- hello: worker ttl, then (field value)*
local function hello(keys, a)
  local key = keys[1] .. ':w:' .. a[1]
  redis.call('SADD', keys[1] .. ':ws', a[1])
  for i = 3, #a, 2 do redis.call('HSET', key, a[i], a[i + 1]) end
  redis.call('PEXPIRE', key, 3 * tonumber(a[2]))
  return 'OK'
end

-- workers: -> {id, {field, value, ...}}*; one that fell silent has no fields
local function workers(keys)
  local out = {}
  for _, id in ipairs(redis.call('SMEMBERS', keys[1] .. ':ws')) do
    out[#out + 1] = {id, redis.call('HGETALL', keys[1] .. ':w:' .. id)}
  end
  return out
end

-- part: fence, then worker*: they are gone, and that is recorded
local function part(keys, a)
  local p = keys[1]
  if fenced(p, a[1]) then return refuse() end
  for i = 2, #a do
    redis.call('SREM', p .. ':ws', a[i])
    redis.call('DEL', p .. ':w:' .. a[i])
  end
  return 'OK'
end

-- allow-oom: whatever may free memory, or is in its way, must run when Redis is
-- full; else nothing could drain it.
local function add(name, callback, flags)
  redis.register_function{function_name = 'tt_' .. name, callback = callback,
                          flags = flags}
end
add('adopt', adopt, {'allow-oom'})
add('issue', issue, {})
add('claim', claim, {'allow-oom'})
add('beat', beat, {'allow-oom'})
add('result', result, {'allow-oom'})
add('note', note, {})
add('release', release, {'allow-oom'})
add('ack', ack, {'allow-oom'})
add('retract', retract, {'allow-oom'})
add('repair', repair, {'allow-oom'})
add('expired', expired, {'no-writes'})
add('held', held, {'no-writes'})
add('unlease', unlease, {'allow-oom'})
add('hello', hello, {'allow-oom'})
add('workers', workers, {'no-writes'})
add('part', part, {'allow-oom'})

-- Drives episodes as the clients for gym-http-api did: one connection a request, "" for no body, "true" as a string, no
-- last slash here and there, fields the server never asked for, and trust in every reply that has no "message".
-- Usage: lua client.lua HOST PORT ENV_ID EPISODES. Prints one line for each episode: its length and its return.

local http = require("socket.http")
local ltn12 = require("ltn12")

-- A JSON reader, as each of the old clients brought its own.
local function decode(text)
    local position = 1
    local value
    local function skip() position = text:find("%S", position) or #text + 1 end
    local function take(pattern)
        skip()
        local first, last = text:find("^" .. pattern, position)
        if not first then return nil end
        position = last + 1
        return text:sub(first, last)
    end
    local function str()
        local raw = assert(take('"[^"\\]*"'), "a plain string was expected")
        return raw:sub(2, -2)
    end
    local function list(close, item)
        local result = {}
        if take(close) then return result end
        repeat item(result) until not take(",")
        assert(take(close), "a list that does not end")
        return result
    end
    function value()
        skip()
        if take("{") then
            return list("}", function(result)
                local key = str()
                assert(take(":"))
                result[key] = value()
            end)
        elseif take("%[") then
            return list("%]", function(result) result[#result + 1] = value() end)
        elseif take("true") then
            return true
        elseif take("false") then
            return false
        elseif take("null") then
            return nil
        elseif text:sub(position, position) == '"' then
            return str()
        end
        return assert(tonumber(take("-?%d+%.?%d*[eE]?[-+]?%d*")), "no JSON at " .. position)
    end
    return value()
end

local host, port, env_id, episodes = arg[1], arg[2], arg[3], tonumber(arg[4])

local function send(method, path, body)
    local chunks = {}
    local headers = { ["Content-Type"] = "application/json", Connection = "close" }
    if body then headers["Content-Length"] = #body end
    local _, status = http.request({
        method = method,
        url = "http://" .. host .. ":" .. port .. path,
        headers = headers,
        source = body and ltn12.source.string(body),
        sink = ltn12.sink.table(chunks),
        redirect = false,
    })
    local reply = decode(table.concat(chunks))
    assert(status == 200, method .. " " .. path .. ": " .. tostring(status) .. " " .. tostring(reply and reply.message))
    assert(reply.message == nil, reply.message)
    return reply
end

local function post(path, body) return send("POST", path, body) end
local function get(path) return send("GET", path) end

local id = post("/v1/envs/", '{"env_id":"' .. env_id .. '"}').instance_id
assert(#id == 8 and get("/v1/envs/").all_envs[id] == env_id)
local path = "/v1/envs/" .. id

local space = get(path .. "/action_space").info
assert(space.name == "Discrete" or space.name == "Box")
local observed = get(path .. "/observation_space/").info
assert(post(path .. "/observation_space/contains", '{"name":"' .. observed.name .. '"}').member == true)

post(path .. "/monitor/start/", '{"directory":"/tmp/lua","force":"true","resume":"false","video_callable":"false"}')
for _ = 1, episodes do
    local observation = post(path .. "/reset/", '""').observation
    assert(type(observation) == (observed.name == "Discrete" and "number" or "table"))
    local length, total, done = 0, 0.0, false
    repeat
        local action = get(path .. "/action_space/sample").action
        local text
        if space.name == "Discrete" then
            text = string.format("%d", action)
            assert(get(path .. "/action_space/contains/" .. text).member)
        else
            text = "[" .. table.concat(action, ",") .. "]"
        end
        local reply = post(path .. "/step/", '{"action":' .. text .. ',"render":"false","video_callable":"false"}')
        assert(math.type(reply.reward) == "float", "a reward without a point")
        assert(type(reply.done) == "boolean" and type(reply.info) == "table" and reply.observation ~= nil)
        length, total, done = length + 1, total + reply.reward, reply.done
    until done
    print(length, total)
end
post(path .. "/monitor/close/", '""')
post("/v1/upload/", '{"training_dir":"/tmp/lua","algorithm_id":"lua","api_key":"none"}')
post(path .. "/close/", '""')
assert(get("/v1/envs").all_envs[id] == nil)

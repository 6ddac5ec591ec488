-- What wrk sends, by its environment: METHOD, TARGET, BODY, FIELDS ("name: value" lines), COOKIES (a file of cookies, one for
-- each request in turn), TASKS (the same of ticket ids, put behind TARGET; beside COOKIES, line by line).
local method, target, body = os.getenv("METHOD") or "GET", os.getenv("TARGET"), os.getenv("BODY")
local function lines(name)
  local all, file = {}, os.getenv(name)
  if file and file ~= "" then for line in io.lines(file) do all[#all + 1] = line end end
  return all
end
local cookies, tasks = lines("COOKIES"), lines("TASKS")
local fields = {}
for name, value in (os.getenv("FIELDS") or ""):gmatch("([^:\n]+): ([^\n]*)") do fields[name] = value end
local turn, fixed = 0, nil
if #cookies == 0 and #tasks == 0 then fixed = wrk.format(method, target, fields, body) end
function request()
  if fixed then return fixed end
  turn = turn + 1
  if #cookies > 0 then fields["Cookie"] = cookies[(turn - 1) % #cookies + 1] end
  local task = #tasks > 0 and tasks[(turn - 1) % #tasks + 1] or ""
  return wrk.format(method, target .. task, fields, body)
end

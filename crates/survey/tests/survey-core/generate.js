// Writes the tables in this directory by running survey-core. Not needed to run the tests.
//   npm install survey-core@3.1.1 && node generate.js . 2026 1200 400
const S=require("survey-core"); const fs=require("fs");
console.warn=()=>{};console.error=()=>{};
const [,,out,seed0,ne,ns]=process.argv; let seed=+seed0;
function rnd(){seed|=0;seed=seed+0x6D2B79F5|0;let t=Math.imul(seed^seed>>>15,1|seed);t=t+Math.imul(t^t>>>7,61|t)^t;return((t^t>>>14)>>>0)/4294967296;}
const pick=a=>a[Math.floor(rnd()*a.length)]; const chance=p=>rnd()<p;
const names=["t","n","r","c","b","m"];
const values={
 t:[undefined,undefined,"x","X "," x","yes","true","False","12","012","0","0.5","1,5","-3","1e3","","undefined","null","'q'","abc 12","会员","2026-01-02","0x10","12345678901234567","a,b","Infinity","5%","3-4"],
 n:[undefined,0,1,2,-3,1.5,12,1000,100000],
 r:[undefined,"a","b",1,2,"10"],
 c:[undefined,["a"],["b","a"],["a","b"],[1,"a"],[2],["10",1,"b"]],
 b:[undefined,true,false],
 m:[undefined,"hello world","12","A"]};
const consts=["'x'","'X'","\"a\"","'a'","'b'","1","2","0","12","-3","1.5","0.5","'12'","'1'","10","'10'","true","false","'true'","''","null","undefined","yes","abc","['a','b']","['b','a']","[1,'a']","['a']","[]","[1]","'会员'","'2026-01-02'","0x10","'hello'","'a,b'","'it\\'s'"];
function operand(){return chance(0.6)?"{"+(chance(0.1)?"#":"")+(chance(0.1)?(x=>x.toUpperCase())(pick(names)):pick(names))+"}":pick(consts);}
const cmp=["=","==","!=","<>",">",">=","<","<=","=>","=<","contains","notcontains","contain","anyof","allof","noneof","*=","equal","notequal","less","greater","lessorequal","greaterorequal","equals","Contains"];
function atom(){ const k=rnd(); if(k<0.15)return operand()+pick([" empty"," notempty"," EMPTY"]); if(k<0.2) return operand(); return operand()+" "+pick(cmp)+" "+operand();}
function expr(d){ const k=rnd(); if(d<=0||k<0.4)return atom(); if(k<0.75) return expr(d-1)+pick([" and "," or "," && "," || "," AND "])+expr(d-1); if(k<0.85) return "("+expr(d-1)+")"; if(k<0.95) return pick(["!","negate ","! "])+pick([atom,()=>"("+expr(d-1)+")"])(); return operand()+" "+pick(["anyof","contains"])+" "+operand()+" = "+operand();}
const J=v=>v===undefined?"__undefined":(typeof v==="number"&&!isFinite(v)?"__"+v:v);
const model={elements:[{type:"text",name:"t"},{type:"text",name:"n",inputType:"number"},{type:"radiogroup",name:"r",choices:["a","b",1,2,"10"]},{type:"checkbox",name:"c",choices:["a","b",1,2,"10"]},{type:"boolean",name:"b"},{type:"comment",name:"m"}]};
let lines=[];
const parser=new S.ConditionsParser();
for(let i=0;i<+ne;i++){
  const e=expr(2); const data={}; for(const k of names){const v=pick(values[k]); if(v!==undefined) data[k]=v;}
  let op; try{op=parser.parseExpression(e);}catch(x){continue}
  if(op===undefined){lines.push(JSON.stringify({e,syntax:false}));continue}
  const s=new S.Model(model); s.data=data; let r; 
  try{ const run=new S.ExpressionRunner(e); r=run.runContext(s.getValueGetterContext(),{}); }catch(x){continue}
  lines.push(JSON.stringify({e,data,r:J(r)}));
}
// hand-written syntax cases
for(const e of ["","{a","{a} =","{a} and and","'it\"s'","not {a}","truely","012","{t} = 'x' 'y'","({t} = 'x'","{t}='x'and{n}=1","{t} contains","{t} = 1.","{t}empty","{t} emptyx","iif({t}, 1, 2)","today()","{t} + 1 > 2","[1,2","{t} = [1,,2]","{t} = \"it's\"","{t} = 'a\\\"b'","!{t}","!!{t}","{t} == = 1","{t} ! = 1","{t}\n=\t1","{t} = 1 # c","{t}={n}","{t} = -5","{t} = - 5","{t} = --5","{t} = +5","{t} = .5","{t} = 5e3","{t} = 1 2","nullable","{t} = null","{t} = ünïcode","{{t}} = 1","{} = 1","{t} >< 1","{t} equals 'x'","{t} notequals 'x'","{t}*='x'","'a' contains 'a' = true","{t} = 'x';","(({t} = 1)","{t} = 1)","{t} anyof [ 'x' , 'y' ]","{t} and","or","true","orx or true","{t} orx","power","2 ^ 3 = 8","{t} notempty notempty","{t} notempty = true","{t} = _a1b2","{t} = a-b"]){
  let op; try{op=parser.parseExpression(e);}catch(x){op=undefined}
  lines.push(JSON.stringify({e,syntax:op!==undefined&&op!==null}));
}
fs.writeFileSync(out+"/expressions.jsonl",lines.join("\n")+"\n");
// surveys
function run(json,data){
  const s=new S.Model(json); s.data=JSON.parse(JSON.stringify(data));
  const hidden=[]; s.getAllQuestions(false,false).forEach(q=>{if(!q.isVisibleInSurvey)hidden.push(q.name)});
  const ok=s.validate(true,false);
  const errs=[]; s.getAllQuestions().forEach(q=>{ if(q.isVisibleInSurvey && q.errors.some(e=>!e.notificationType||e.notificationType==="error")) errs.push(q.name)});
  [...s.pages,...s.getAllPanels()].forEach(p=>{ if(p.isVisible&&p.errors.length){const f=p.questions.find(q=>q.isVisibleInSurvey); if(f&&!errs.includes(f.name))errs.push(f.name)} });
  s.doComplete();
  return {hidden,errs:errs.sort(),ok,data:s.data};
}
const ch=["a","b",1,2,{value:"c",text:"C"}];
function question(name){
  const k=pick(["text","text","number","comment","radiogroup","dropdown","checkbox","tagbox","rating","boolean","email","date","month","time","datetime"]);
  const q={type:k,name};
  if(k==="number"){q.type="text";q.inputType="number"; if(chance(.4))q.min=pick([0,1,"2",-5]); if(chance(.4))q.max=pick([1,5,"3",100]); if(chance(.2))q.step=pick([0.1,2,0.5])}
  if(k==="email"){q.type="text";q.inputType="email"}
  if(k==="date"){q.type="text";q.inputType="date"; if(chance(.4))q.min="2026-02-01"; if(chance(.4))q.max="2026-06-30"}
  if(k==="datetime"){q.type="text";q.inputType="datetime-local"; if(chance(.4))q.min="2026-02-01T10:00"; if(chance(.4))q.max="2026-06-30T12:00"}
  if(k==="month"){q.type="text";q.inputType="month"; if(chance(.4))q.min="2026-02"; if(chance(.4))q.max="2026-06"}
  if(k==="time"){q.type="text";q.inputType="time"; if(chance(.4))q.min="08:00"; if(chance(.4))q.max="20:00"}
  if(["radiogroup","dropdown","checkbox","tagbox"].includes(k)){q.choices=chance(.3)?[...ch,{value:"z",isExclusive:true}]:ch; if(chance(.2))q.showDontKnowItem=true; if(chance(.3))q.showOtherItem=true; else if(chance(.2))q.showCommentArea=true; if(chance(.3))q[pick(["showNoneItem","hasNone"])]=true;
    if(k==="checkbox"||k==="tagbox"){ if(chance(.3))q.minSelectedChoices=pick([1,2]); }}
  if(k==="rating"){ Object.assign(q,pick([{}, {rateMin:0,rateMax:10},{rateValues:[1,2,"x"]},{rateMin:2,rateCount:3}])); }
  if(k==="boolean"&&chance(.3)){q.valueTrue="Yes";q.valueFalse="No"}
  if(chance(.35))q.isRequired=true; if(chance(.15))q.requiredIf=cond();
  if(chance(.35))q.visibleIf=cond(); if(chance(.07))q.visible=false; if(chance(.1))q.enableIf=cond(); if(chance(.05))q.readOnly=true;
  if(chance(.15)&&!["radiogroup","dropdown","checkbox","tagbox"].includes(k))q.showCommentArea=true;
  if(chance(.25)){const v=[]; 
    if(["text","comment"].includes(k)) v.push(pick([{type:"text",minLength:3},{type:"text",maxLength:4},{type:"text",allowDigits:false},{type:"email"},{type:"numeric",minValue:2},{type:"expression",expression:cond()},{type:"email",notificationType:"warning"}]));
    if(k==="number") v.push(pick([{type:"numeric",minValue:2,maxValue:20},{type:"expression",expression:cond()}]));
    if(k==="checkbox"||k==="tagbox") v.push({type:"answercount",minCount:pick([0,2]),maxCount:pick([0,2])});
    if(v.length)q.validators=v;}
  return [q,k];
}
let qn=[];
function cond(){ const n="{"+pick(qn)+"}"; const k=rnd();
  if(k<.2) return n+pick([" empty"," notempty"]);
  if(k<.8) return n+" "+pick(["=","<>",">","<=","contains","anyof","notcontains","allof"])+" "+pick(["'a'","1","2","'x'","true","['a',1]","['b']","5","'Yes'","'other'"]);
  return "("+cond()+") "+pick(["and","or"])+" "+cond(); }
function answer(q,k){
  const T=["x","  ","12","hello","a1","abcde","li@shop.example","true","5"];
  if(k==="text"||k==="comment") return pick(T);
  if(k==="number") return pick([0,1,2,3,-7,2.5,0.3,50]);
  if(k==="email") return pick(["a@b.cn","bad","li.wei@x.y.zz","a b@c.de"]);
  if(k==="date") return pick(["2026-01-15","2026-02-01","2026-06-30","2026-12-31","3001-01-01"]);
  if(k==="datetime") return pick(["2026-01-15T08:00","2026-02-01T10:00","2026-06-30T12:00","2026-12-31T00:00"]);
  if(k==="month") return pick(["2026-01","2026-02","2026-06","2026-12"]);
  if(k==="time") return pick(["07:59","08:00","20:00","20:01"]);
  if(k==="radiogroup"||k==="dropdown"){const v=["a","b",1,2,"c"]; if(q.showOtherItem)v.push("other"); if(q.showNoneItem||q.hasNone)v.push("none"); return pick(v);}
  if(k==="checkbox"||k==="tagbox"){ if(q.choices.length>5&&chance(.2))return ["z"]; if((q.showNoneItem||q.hasNone)&&chance(.3))return ["none"]; const v=["a","b",1,2,"c"]; if(q.showOtherItem)v.push("other"); const r=v.filter(()=>chance(.4)); return r;}
  if(k==="rating"){ if(q.rateValues)return pick([1,2,"x"]); if(q.rateMin===0)return pick([0,5,9,10]); if(q.rateCount)return pick([2,3,4]); return pick([1,3,5]);}
  if(k==="boolean") return q.valueTrue?pick(["Yes","No"]):pick([true,false]);
}
lines=[];
for(let i=0;i<+ns;i++){
  const count=2+Math.floor(rnd()*5); qn=[]; for(let j=0;j<count;j++)qn.push("q"+j);
  const qs=qn.map(question); const kinds={}; qs.forEach(([q,k])=>kinds[q.name]=[q,k]);
  let els=qs.map(x=>x[0]);
  if(chance(.4)&&els.length>2){ const a=els.slice(0,1), b=els.slice(1,3), c=els.slice(3); const p={type:"panel",name:"p",elements:b}; if(chance(.5))p.visibleIf=cond(); if(chance(.3))p.isRequired=true; if(chance(.1))p.readOnly=true; if(chance(.4)){const o={type:"panel",name:"o",elements:[p,...c]}; if(chance(.5))o.visibleIf=cond(); if(chance(.2))o.enableIf=cond(); if(chance(.3))o.requiredIf=cond(); els=[...a,o];} else els=[...a,p,...c]; }
  let json; if(chance(.5)){ const cut=Math.ceil(els.length/2); const p1={name:"p1",elements:els.slice(0,cut)},p2={name:"p2",elements:els.slice(cut)}; if(chance(.4))p2.visibleIf=cond(); json={pages:[p1,p2].filter(p=>p.elements.length)};} else json={elements:els};
  if(chance(.15))json.clearInvisibleValues=pick(["onComplete",true]);
  const data={}; for(const [q,k] of qs){ if(chance(.75)){const a=answer(q,k); data[q.name]=a; if((q.showOtherItem||q.showCommentArea)&&chance(.5)) data[q.name+"-Comment"]=pick(["note","more"]);} }
  const r=run(json,data);
  lines.push(JSON.stringify({survey:json,data,hidden:r.hidden,errs:r.errs,ok:r.ok,kept:r.data}));
}
fs.writeFileSync(out+"/responses.jsonl",lines.join("\n")+"\n");
// rating scales
lines=[];
for(const rj of [{},{rateMin:0,rateMax:10},{rateCount:7},{rateMin:2,rateCount:3},{rateMax:9,rateCount:3},{rateValues:[1,"b",{value:3,text:"t"}]},{rateMin:0,rateMax:1,rateStep:0.1},{rateMin:0,rateMax:50},{rateType:"smileys",rateCount:15},{autoGenerate:true,rateValues:[1,2]},{rateMin:5,rateMax:2},{autoGenerate:false,rateValues:[]},{rateMin:0.5,rateMax:2.5,rateStep:0.5},{rateMin:1,rateMax:3,rateCount:10},{rateType:"smileys",rateMin:1,rateMax:15},{rateType:"smileys",rateValues:[1,2,3,4,5,6,7,8,9,10,11,12]},{rateValues:["1|one","2.5|more","x|why","plain"]},{autoGenerate:false,rateMin:1,rateMax:3},{rateMin:-2,rateMax:2},{rateStep:2,rateMax:10},{rateMin:10},{rateMin:0,rateMax:1,rateStep:0.25},{rateMin:0,rateMax:1,rateStep:0.3},{rateMin:3,rateMax:3}]){
 const s=new S.Model({elements:[{type:"rating",name:"a",...rj}]}); lines.push(JSON.stringify({rating:rj,values:s.getQuestionByName("a").visibleRateValues.map(v=>v.value)}));
}
fs.writeFileSync(out+"/scales.jsonl",lines.join("\n")+"\n");
// texts as numbers and addresses
lines=[];
const re=/^(([^<>()\[\]\.,;:\s@\"]+(\.[^<>()\[\]\.,;:\s@\"]+)*)|(\".+\"))@(([^<>()=[\]\.,;:\s@\"]+\.)+[^<>()=[\]\.,;:\s@\"]{2,})$/i;
for(const a of ["a@b.cn","","a@b","a@b.c","a b@c.de",".a@b.cn","a@b..cn","a@@b.cn","a@b=c.cn","\"li wei\"@x.yy","\"\"@x.yy","\"a\"b@x.yy","a=b@x.yy","a@b.cn ","ü@ö.äß","a@b.c.dd","a@.cn","a.@b.cn","a..b@b.cn","\"a@b\"@c.dd","a@\"b\".cn","\"a\"@b@c.dd","a\u00a0b@c.dd","a@[1.2.3.4]","a@1.2.3.44"]) lines.push(JSON.stringify({address:a,valid:re.test(a)}));
for(const t of ["1","1.5","1,5","1,000","1,000,000"," 7 ","","abc","12a","a12","0x1F","0x","0xZZ","1e5","1e400","-1","+1","--1","1-2","1+2","3*4","5%","1/2","123456789012345","1234567890123456","12345678901234.5",".5","5.","Infinity","NaN","１２","1_000","2026-01-02","1 2","0b11","0o7"]) {const v=new S.NumericValidator(); const n=S.Helpers.isNumber(t)?S.Helpers.getNumber(t):null; lines.push(JSON.stringify({text:t,number:n}));}
fs.writeFileSync(out+"/texts.jsonl",lines.join("\n")+"\n");
